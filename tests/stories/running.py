"""A story told from its first step to its last, in a clinic that is thrown away."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.test import override_settings

from tests.stories import clock, doses, findings, orders, people, programme_acts, record_acts, supplies, taking, told
from tests.stories.people import World
from tests.stories.reading import Step, Story
from tests.stories.telling import CameOutDifferently, ToldNo, listed, says_all

Act = Callable[[World, str, dict[str, Any]], None]
Look = Callable[[World, dict[str, Any]], None]
ACTS: dict[str, tuple[Act, str]] = {
    "patient": (record_acts.patient, "nurse"),
    "observation": (record_acts.observation, "nurse"),
    "allergy": (record_acts.allergy, "nurse"),
    "condition": (record_acts.condition, "nurse"),
    "order": (orders.order, "psychiatrist"),
    "change": (orders.change, "psychiatrist"),
    "plan": (orders.plan, "psychiatrist"),
    "basket": (orders.basket, "psychiatrist"),
    "answer": (orders.answer, "psychiatrist"),
    "cosign": (orders.cosign, "pharmacist"),
    "sign": (orders.sign, "psychiatrist"),
    "withdraw": (orders.withdraw, "psychiatrist"),
    "nothing_in_use": (orders.nothing_in_use, "pharmacist"),
    "fill": (supplies.fill, "nurse"),
    "void_fill": (supplies.void_fill, "nurse"),
    "give": (supplies.give, "nurse"),
    "side_effect": (record_acts.side_effect, "nurse"),
    "ask_refill": (supplies.ask_refill, "patient"),
    "answer_message": (supplies.answer_message, "patient"),
    "reply": (supplies.reply, "patient"),
    "renew": (supplies.renew, "psychiatrist"),
    "import_fhir": (supplies.import_fhir, "administrator"),
    "act_on_task": (supplies.act_on_task, "psychiatrist"),
    "enrol": (record_acts.enrol, "nurse"),
    "discharge": (record_acts.discharge, "nurse"),
    "consent": (record_acts.consent, "nurse"),
    "mark_programme": (programme_acts.mark_programme, "administrator"),
    "takes_in_care": (programme_acts.takes_in_care, "programme_psychiatrist"),
    "part2_consent": (programme_acts.part2_consent, "programme_psychiatrist"),
    "break_glass": (programme_acts.break_glass, "psychiatrist"),
}
"""Each act with who does it where the story does not say."""
EXPECTATIONS: dict[str, Look] = {
    "expect_finding": findings.expect_finding,
    "expect_no_finding": findings.expect_no_finding,
    "expect_not_checked": findings.expect_not_checked,
    "expect_task": told.expect_task,
    "expect_no_task": told.expect_no_task,
    "expect_messages": told.expect_messages,
    "expect_page": told.expect_page,
    "expect_api": told.expect_api,
    "expect_found": told.expect_found,
    "expect_dose": doses.expect_dose,
    "expect_runs_out": doses.expect_runs_out,
    "expect_suspect": doses.expect_suspect,
    "expect_due": doses.expect_due,
}


@dataclass(frozen=True)
class Outcome:
    """How a story ended; `seen` is empty where it came true."""

    story: Story
    step: Step | None = None
    seen: str = ""

    @property
    def is_true(self) -> bool:
        """Whether every step ended as told."""
        return self.step is None

    def line(self) -> str:
        """For people: `ok` or `FAIL` with the step and what was seen."""
        if self.is_true:
            return f"ok    {self.story.path.name}: {self.story.title}"
        return f"FAIL  {self.story.path.name}: {self.step}: {self.seen}"

    def as_json(self) -> dict[str, object]:
        """The same for programs."""
        number, verb = (self.step.number, self.step.verb) if self.step else (None, None)
        told_of = {"file": str(self.story.path), "story": self.story.title, "ok": self.is_true}
        return {**told_of, "step": number, "verb": verb, "seen": self.seen}


def run(story: Story) -> Outcome:
    """Tells the story in a clinic of its own; the knowledge must be in use. Nothing of it is left behind."""
    cache.clear()
    with thrown_away(), clock.begun(story.today) as time:
        world = people.staffed(World(time))
        for step in story.steps:
            try:
                take(world, step)
            except CameOutDifferently as different:
                return Outcome(story, step, str(different))
            except ToldNo as no:
                return Outcome(story, step, f"refused with {no}")
            except Exception as broken:
                return Outcome(story, step, f"broke with {type(broken).__name__}: {broken}")
            world.clock.a_second()
    return Outcome(story)


@contextmanager
def thrown_away() -> Iterator[None]:
    """Messages land in the outbox, the gateway signs with a known key, and the database forgets everything."""
    with (
        tempfile.TemporaryDirectory(prefix="medmgmt-story-") as marks,
        override_settings(
            EMAIL_BACKEND="refills.messages.outbox.EmailBackend",
            SMS_URL="outbox:",
            WEBHOOK_KEYS={"sms": "a story's own secret", "email": "a story's own secret"},
            MARKS_DIR=Path(marks),
        ),
        transaction.atomic(),
    ):
        yield
        transaction.set_rollback(True)


def take(world: World, step: Step) -> None:
    """One step."""
    if step.verb == "pass":
        world.clock.wait(str(step.said["time"]))
        world.is_stale = False
    elif step.verb == "taking":
        for one in step.said["several"]:
            taking.take(world, one)
    elif step.verb == "expect_either":
        either(world, step.parts)
    elif step.verb in EXPECTATIONS:
        EXPECTATIONS[step.verb](world, dict(step.said))
    else:
        act(world, step)


def either(world: World, parts: tuple[Step, ...]) -> None:
    """At least one of them holds."""
    seen = []
    for part in parts:
        try:
            take(world, part)
        except (CameOutDifferently, ToldNo) as different:
            seen.append(f"{part.verb}: {different}")
        else:
            return
    raise CameOutDifferently(" / ".join(seen))


def doing(step: Step) -> tuple[Act, str, dict[str, Any]]:
    """What is done, by whom, and what is said of it."""
    work, usual = ACTS[step.verb]
    said = {key: value for key, value in step.said.items() if key not in ("by", "expect", "says")}
    return work, str(step.said.get("by", usual)), said


def act(world: World, step: Step) -> None:
    """Somebody acts, and it is taken or refused as the story says. What was refused has left nothing behind."""
    work, by, said = doing(step)
    wanted = step.said.get("expect", "ok")
    try:
        work(world, by, said)
    except ToldNo as no:
        if wanted == "ok":
            raise
        if not says_all(no.sentence, listed(step.said.get("says"))) or not no.sentence.strip():
            raise CameOutDifferently(f"the refusal says: {no}") from no
        if wanted == "asked":
            overcome(world, step)
        return
    if wanted in ("refused", "asked"):
        raise CameOutDifferently(f"it was taken, and should have been {wanted}")


def overcome(world: World, step: Step) -> None:
    """What was only asked is taken once it is confirmed; then it is as if it had not been."""
    work, by, said = doing(step)
    try:
        with transaction.atomic():
            work(replace(world), by, {**said, "confirm": True})
            transaction.set_rollback(True)
    except ToldNo as no:
        raise CameOutDifferently(f"it was refused, not asked: confirmed, it is refused with {no}") from no
