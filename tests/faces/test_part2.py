"""What a Part 2 programme prescribes is seen by nobody outside it without consent, and is checked against all the same.

Carla is in the care of Dr Adler's team and of an opioid treatment programme (Dr Otto, nurse Ona), which prescribes
buprenorphine with naloxone. Dr Adler orders alprazolam.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from medmgmt.actions import break_glass, observing, part2, prescribing, review, side_effects, supply
from medmgmt.record.errors import NoSuchThing, NotAllowed, Refused
from medmgmt.record.models import CareAssignment, Disclosure, Part2Consent, Prescription, Programme, Role, User
from refills.models import Task
from tests import factories, shipped_knowledge
from tests.faces import world as worlds
from tests.faces.test_matrix import QUERIES, path_of, rows

pytestmark = pytest.mark.django_db
PHONE = "+1 555 0142"
WORDS = (
    "bupre",
    "naloxone",
    "suboxone",
    "zubsolv",
    "opioid",
    "opiate",
    "secretword",
    "6.97",
    "methadone",
    "respiratory depression",
)
"""What nobody outside may read: ingredients, brands, class, indication, notes and a result of the programme, and what
they do."""
WHY = "Found unconscious, breathing slowly."


def otto() -> User:
    return factories.member(
        "otto", Role.PSYCHIATRIST, factories.team("Lighthouse"), first_name="Otto", last_name="Orth"
    )


def programme() -> Programme:
    """An opioid treatment programme that looks after Carla too."""
    team = factories.team("Lighthouse")
    otto()
    CareAssignment.objects.get_or_create(patient=factories.carla(), team=team, defaults={"since": factories.LONG_AGO})
    return Programme.objects.filter(team=team).first() or part2.mark_programme(
        factories.admin(), team_id=team.pk, phone=PHONE
    )


def started(by: User, drug: str, amount: str, **said: Any) -> prescribing.Proposal:
    carla = factories.carla()
    return prescribing.propose_start(
        by,
        carla.pk,
        drug=prescribing.DrugChoice(name=drug),
        sig=factories.sig(amount, route=said.pop("route", "PO")),
        effective_on=carla.today(timezone.now()),
        reason_code="initial_treatment",
        **said,
    )


def answered(by: User, change_id: int) -> None:
    """Every card of the newest review, one after another."""
    carla = factories.carla()
    said = {"reason_code": "benefit_outweighs", "note": "", "follow_up_on": carla.today(timezone.now()) + timedelta(5)}
    for _each in range(20):
        from medmgmt.review import reads

        waiting = [card for card in reads.proposal(by, change_id).problems if card.needs_answer]
        if not waiting:
            return
        review.override(by, waiting[0].lead.finding.pk, **said)
    raise AssertionError("never done")


def prescribed() -> Prescription:
    """Buprenorphine with naloxone, signed by the programme."""
    shipped_knowledge.put_into_use()
    programme()
    made = started(otto(), "buprenorphine / naloxone", "8", note="secretword", indication="opioid use disorder")
    answered(otto(), made.change.pk)
    prescribing.sign(otto(), made.change.pk)
    of = made.change.prescription
    today = factories.carla().today(timezone.now())
    supply.record_dispense(
        otto(), of.pk, dispensed_on=today, quantity=worlds.Decimal(7), unit="{film}", days_supply=7, note="secretword"
    )
    return of


def consent(**said: Any) -> Part2Consent:
    carla = factories.carla()
    today = carla.today(timezone.now())
    usual = {"recipient": "treating", "purpose": "treatment", "given_on": today, "until": today + timedelta(days=90)}
    return part2.give_consent(otto(), carla.pk, **{**usual, **said})


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def words_in(body: bytes) -> list[str]:
    """The words that are there, each with what stands around it."""
    text = body.decode(errors="replace").lower()
    return [text[max(0, text.index(word) - 60) : text.index(word) + 40] for word in WORDS if word in text]


def order() -> Any:
    """Alprazolam, proposed by Dr Adler."""
    return started(factories.adler(), "alprazolam", "1").change


def page_of(by: User, change: Any) -> str:
    return client_of(by).get(f"/changes/{change.pk}/").content.decode()


def test_what_a_member_of_the_programme_prescribes_is_the_programmes_for_ever_and_nobody_elses_is() -> None:
    of = prescribed()
    assert of.programme == programme()
    assert order().prescription.programme is None


def test_an_interaction_with_it_is_found_and_says_no_more_than_whom_to_call() -> None:
    prescribed()
    change = order()
    body = page_of(factories.adler(), change)
    assert "An interaction with a restricted record: call the programme" in body
    assert PHONE in body
    assert "/emergency/" in body
    assert words_in(body.encode()) == []
    shown = client_of(factories.adler()).get(f"/api/proposals/{change.pk}/").json()
    [card] = [one for one in shown["cards"] if one["card"] == "restricted"]
    assert (card["drugs"], card["severity"], card["needs_answer"], card["before"], card["choices"]) == (
        ["a restricted record"], card["severity"], True, [], [],
    )  # fmt: skip
    assert words_in(json.dumps(shown).encode()) == []


def test_the_masked_card_is_answered_and_signed_like_others() -> None:
    prescribed()
    adler, change = factories.adler(), order()
    refused = client_of(adler).post(f"/api/proposals/{change.pk}/sign/", {}, content_type="application/json")
    assert refused.status_code == 409
    assert words_in(refused.content) == []
    page = client_of(adler).get(f"/api/proposals/{change.pk}/").json()
    lead = next(one["lead"] for one in page["cards"] if one["card"] == "restricted")
    today = factories.carla().today(timezone.now())
    with pytest.raises(Refused):
        review.override(adler, lead, reason_code="tolerated_before", note="", follow_up_on=today)
    answered(adler, change.pk)
    prescribing.sign(adler, change.pk)
    for task in Task.objects.filter(assignee=adler):
        assert words_in(task.detail.encode()) == [], task.kind


def test_by_api_the_masked_card_is_answered_by_its_name_and_a_guessed_name_finds_nothing() -> None:
    prescribed()
    change, client = order(), client_of(factories.adler())
    page = client.get(f"/api/proposals/{change.pk}/").json()
    later = (factories.carla().today(timezone.now()) + timedelta(days=5)).isoformat()
    said = {"reason_code": "benefit_outweighs", "follow_up_on": later}
    from interactions.models import Finding

    real = {one.card for one in Finding.objects.filter(review_id=page["review"]) if one.card}
    hidden = real - {one["card"] for one in page["cards"]}
    assert hidden
    address = f"/api/reviews/{page['review']}/answers/"
    from tests.faces.test_matrix import addresses

    templates = {name: here for name, here, _view in addresses()}
    address = path_of(templates["api:answer-card"], {"review_id": page["review"]})
    for name in hidden:
        told = client.post(address, {**said, "card": name}, content_type="application/json")
        assert told.status_code == 404, name
    done = client.post(address, {**said, "card": "restricted"}, content_type="application/json")
    assert done.status_code in (200, 201), done.content
    assert words_in(done.content) == []
    after = client.get(f"/api/proposals/{change.pk}/").json()
    [card] = [one for one in after["cards"] if one["card"] == "restricted"]
    assert not card["needs_answer"]


def test_with_consent_the_card_is_whole_and_after_its_revocation_masked_again() -> None:
    prescribed()
    given, change = consent(), order()
    assert "restricted record" not in page_of(factories.adler(), change)
    assert "uprenorphine" in page_of(factories.adler(), change)
    part2.revoke_consent(otto(), given.pk)
    body = page_of(factories.adler(), change)
    assert "restricted record" in body
    assert words_in(body.encode()) == []


def test_a_repeat_after_the_revocation_gives_no_answer_that_was_given_under_the_consent() -> None:
    of = prescribed()
    given, client = consent(), client_of(factories.adler())
    today = factories.carla().today(timezone.now()).isoformat()
    said = {"kind": "start", "patient": of.patient_id, "drug": {"name": "alprazolam"}, "effective_on": today,
            "reason_code": "initial_treatment", "sig": worlds.SIG | {"amount": "1"}}  # fmt: skip

    def sent() -> Any:
        headers = {"Idempotency-Key": "one"}
        return client.post("/api/proposals/", said, content_type="application/json", headers=headers)

    first = sent()
    assert first.status_code == 201, first.content
    assert words_in(first.content)
    assert first.headers["X-Part2-Notice"] == "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
    assert sent().content == first.content
    part2.revoke_consent(otto(), given.pk)
    again = sent()
    assert again.status_code == 404
    assert words_in(again.content) == []


def test_a_consent_holds_for_whom_it_names_and_until_its_day() -> None:
    prescribed()
    dorn_team = factories.team("Hillside")
    chart = f"/patients/{factories.carla().pk}/"
    consent(recipient="team", team_id=dorn_team.pk)
    assert words_in(client_of(factories.adler()).get(chart).content) == []
    consent(
        recipient="person", person_id=factories.bo().pk, until=factories.carla().today(timezone.now()) + timedelta(2)
    )
    assert words_in(client_of(factories.adler()).get(chart).content) == []
    assert words_in(client_of(factories.bo()).get(chart).content)
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert words_in(client_of(factories.bo()).get(chart).content) == []


def test_break_glass_shows_all_and_the_programme_is_told_by_a_task_that_nobody_else_sees() -> None:
    prescribed()
    adler, change = factories.adler(), order()
    break_glass.open_chart(adler, mrn=factories.carla().mrn, reason=WHY)
    body = page_of(adler, change)
    assert "uprenorphine" in body
    assert "Open to you in an emergency" in body
    task = Task.objects.get(kind="part2_emergency")
    assert task.assignee == otto()
    assert WHY in task.detail
    assert "Anna Adler" in task.detail
    assert client_of(otto()).get(f"/tasks/{task.pk}/").status_code == 200
    for who in (adler, factories.bo(), factories.brandt()):
        assert client_of(who).get(f"/tasks/{task.pk}/").status_code == 404
    assert Disclosure.objects.get(to=adler).opening is not None
    prescribing.withdraw(adler, change.pk, note="")


def test_whoever_treats_is_nobody_who_does_not_look_after_the_patient() -> None:
    prescribed()
    consent()
    dorn = factories.dorn()
    opening = break_glass.open_chart(dorn, mrn=factories.carla().mrn, reason=WHY)
    assert Task.objects.filter(kind="part2_emergency", assignee=otto()).exists()
    body = client_of(dorn).get(f"/patients/{factories.carla().pk}/").content.decode()
    assert "uprenorphine" in body
    assert "42 CFR part 2 prohibits unauthorized use" in body
    assert Disclosure.objects.get(to=dorn).opening == opening


def test_where_nothing_is_hidden_the_team_needs_no_emergency() -> None:
    prescribed()
    consent()
    with pytest.raises(Refused, match="in your care"):
        break_glass.open_chart(factories.adler(), mrn=factories.carla().mrn, reason=WHY)


def test_each_disclosure_is_accounted_for_once_a_day_and_the_programmes_own_looks_are_none() -> None:
    prescribed()
    given = consent()
    chart = f"/patients/{factories.carla().pk}/"
    for _again in range(2):
        client_of(factories.adler()).get(chart)
        client_of(otto()).get(chart)
        client_of(factories.carla_user()).get("/my/")
    assert list(Disclosure.objects.values_list("to__username", "consent")) == [("adler", given.pk)]


def test_without_consent_nothing_is_accounted_for() -> None:
    prescribed()
    client_of(factories.adler()).get(f"/patients/{factories.carla().pk}/")
    client_of(factories.adler()).get("/api/prescriptions/")
    assert not Disclosure.objects.exists()


def test_the_patient_and_the_programme_see_all_of_it() -> None:
    prescribed()
    assert "uprenorphine" in client_of(factories.carla_user()).get("/my/").content.decode()
    assert "uprenorphine" in client_of(otto()).get(f"/patients/{factories.carla().pk}/").content.decode()


def test_acts_on_it_by_somebody_outside_find_no_such_thing() -> None:
    of = prescribed()
    adler = factories.adler()
    with pytest.raises(NoSuchThing):
        prescribing.propose_change(
            adler, of.pk, kind="stop", sig=None, effective_on=factories.carla().today(timezone.now()),
            reason_code="remission",
        )  # fmt: skip
    with pytest.raises(NoSuchThing):
        supply.count_pills(
            adler, of.pk, counted_on=factories.carla().today(timezone.now()), quantity=worlds.Decimal(1), unit="{film}"
        )


def test_only_the_programme_writes_consents_down_and_only_an_administrator_marks_programmes() -> None:
    prescribed()
    carla = factories.carla()
    said = {"recipient": "treating", "purpose": "x", "given_on": carla.today(timezone.now()), "ends_with": "discharge"}
    with pytest.raises(NotAllowed):
        part2.give_consent(factories.adler(), carla.pk, **said)
    with pytest.raises(NotAllowed):
        part2.mark_programme(factories.adler(), team_id=factories.team().pk, phone=PHONE)
    with pytest.raises(Refused):
        part2.give_consent(otto(), carla.pk, **{**said, "ends_with": ""})


def test_the_patient_revokes_by_themself() -> None:
    prescribed()
    given = consent()
    answer = client_of(factories.carla_user()).post(f"/my/consents/{given.pk}/revoke/")
    assert answer.status_code == 302
    assert words_in(client_of(factories.adler()).get(f"/patients/{factories.carla().pk}/").content) == []


def test_no_address_tells_somebody_outside_a_word_of_it() -> None:
    """Every route, as Dr Adler and as nurse Bo, with the numbers of what the programme made as well as their own."""
    of = prescribed()
    world = worlds.build()
    part2.revoke_consent(otto(), world.ids["part2_consent_id"])
    change = order()
    today = world.patient.today(timezone.now())
    report = side_effects.log_side_effect(
        otto(), world.patient.pk, term="secretword", severity="severe", began_on=today, note="secretword"
    )
    observing.record_condition(otto(), world.patient.pk, text="Seizures after secretword", icd10cm="R56.9")
    observing.record_encounter(otto(), world.patient.pk, kind="office", on=today, note="secretword")
    value = observing.record_observation(
        otto(), world.patient.pk, code="potassium", value=worlds.Decimal("6.97"), unit="mmol/L",
        observed_at=timezone.now(),
    )  # fmt: skip
    theirs = of.changes.get()
    reviewed = theirs.reviews.order_by("-id").first()
    finding = reviewed.findings.first()
    mine = change.reviews.first().findings.exclude(card="").first()
    numbers = [
        world.ids,
        {**world.ids, "prescription_id": of.pk, "change_id": theirs.pk, "report_id": report.pk,
         "observation_id": value.pk, "dispense_id": of.dispenses.get().pk,
         "finding_id": finding.pk if finding else 1, "review_id": reviewed.pk},
        {**world.ids, "change_id": change.pk, "prescription_id": change.prescription_id, "finding_id": mine.pk,
         "review_id": mine.review_id, "card": mine.card},
    ]  # fmt: skip
    asked = sorted({(name, address) for ids in numbers for name, address in addresses_of(ids)})
    said = []
    for who in (factories.adler(), factories.bo(), factories.pia()):
        client = client_of(who)
        for name, address in asked:
            answer = client.get(address)
            body = b"".join(answer) if answer.streaming else answer.content
            found = words_in(re.sub(rb"<option[^>]*>[^<]*</option>", b"", body))
            said += [f"{who.username} {name} {address}: {found}"] if found else []
    assert not said, "\n".join(sorted(set(said)))


def addresses_of(ids: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every address that is read, with these numbers in it, but for those that tell of the knowledge itself."""
    for line, (template, method) in rows().items():
        name = line.split()[0]
        if method == "GET" and not OURS.match(name):
            with suppress(KeyError):
                yield name, path_of(template, ids) + QUERIES.get(line, "")


OURS = re.compile(
    r"api:(rules|drugs|passive|local|release|selftest|current|alert|follow|schema|docs)|web:(sign_out|rules|knowledge"
    r"|selftest|local|new_rule|alerts|export)"
)
