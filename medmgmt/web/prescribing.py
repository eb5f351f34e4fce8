"""Proposing a change, reading what its review found, answering, signing and withdrawing."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interactions import library
from medmgmt import chart as charts
from medmgmt.actions import prescribing
from medmgmt.knowledge import reads
from medmgmt.record import access, dosing, part2
from medmgmt.record.models import DosageChange, Kind, Observation, Patient, SideEffectReport, User
from medmgmt.regimen import lexicon, order_lines, same_drug
from medmgmt.regimen.order_lines import Product
from medmgmt.web.kit import banner, kept
from medmgmt.web.kit.once import sent
from medmgmt.web.kit.page import Asked, page
from medmgmt.web.kit.patient_page import opened, patient_form
from medmgmt.web.order_forms import ChangeForm, DrugSearch, SigForm, StartForm

RECENT = 12
PREVIEWS = 4
"""So many of the drugs that may be meant show how the line behind the name would be read."""
LONGEST_LINE = 500
TITLES: dict[str, Promise] = {
    "new_dose": gettext_lazy("New dose"),
    "hold": gettext_lazy("Put on hold"),
    "resume": gettext_lazy("Resume"),
    "stop": gettext_lazy("Stop"),
}


@dataclass(frozen=True)
class Pick:
    """The drug that was chosen from the results, or the words that were typed; `known` says it can be checked."""

    name: str
    rxcui: int | None
    known: bool


def picked(text: str) -> Pick:
    """What a result's button says: "36437:sertraline", or ":" and a name without a code."""
    code, _colon, name = text.partition(":")
    rxcui = int(code) if code.isascii() and code.isdigit() and len(code) < 10 else None
    known = library.resolve(name=name, rxcui=rxcui)
    return Pick(name=known.name if known else name[:300], rxcui=rxcui, known=known is not None)


@page
def start(request: Asked, patient_id: int) -> HttpResponse:
    """A new medicine in two steps on one address: find the drug, then say how to take it. All by POST: the address
    never says which drug."""
    patient = opened(request.user, "propose", patient_id)
    if request.htmx and "line" in request.POST:
        names = ("drug_name", "strength", "form")
        return line_read(request, Product(*(request.POST.get(name, "") for name in names)))
    if request.method == "POST" and request.POST.get("step") != "propose" and not request.htmx:
        return kept.to_be_shown(request)
    if request.POST.get("step") == "propose":
        return propose_start(request, patient)
    if request.POST.get("pick"):
        return choose_sig(request, patient, picked(request.POST["pick"]))
    return find_drug(request, patient)


def find_drug(request: Asked, patient: Patient) -> HttpResponse:
    """The search, and what it found."""
    form = DrugSearch(request.POST or None)
    text = form.cleaned_data["q"].strip() if form.is_bound and form.is_valid() else ""
    name, line = order_lines.typed(text)
    drugs = reads.drugs(request.user, name) if name else []
    meant = {drug.key for drug in library.meant(name)[:PREVIEWS]}
    read = {drug.key: reading_of(request.user, line, Product(drug.name)) for drug in drugs if drug.key in meant}
    found = {"text": name, "drugs": [(drug, read.get(drug.key)) for drug in drugs]}
    if request.htmx:
        return render(request, "_drug_results.html", found)
    return patient_form(request, patient, form, template="propose_drug.html", **found)


def choose_sig(request: Asked, patient: Patient, pick: Pick) -> HttpResponse:
    """The form for a drug that was chosen; what stood behind its name is the line."""
    initial = {"drug_name": pick.name, "rxcui": pick.rxcui, "effective_on": patient.today(timezone.now())}
    initial["line"] = order_lines.typed(request.POST.get("q", ""))[1][:LONGEST_LINE]
    return sig_form(request, patient, pick, initial={**initial, **prompt_asked(request)})


@dataclass(frozen=True)
class Reading:
    """How a line was understood, or the sentence that asks."""

    line: order_lines.OrderLine | None
    asks: str = ""


def reading_of(by: User, text: str, product: Product) -> Reading | None:
    """Nothing for no line."""
    if not text.strip():
        return None
    try:
        return Reading(reads.order_line(by, text[:LONGEST_LINE], product))
    except dosing.ImpossibleSig as wrong:
        return Reading(None, str(wrong))


def line_read(request: Asked, product: Product) -> HttpResponse:
    """What is shown below a line while it is typed."""
    return render(request, "_order_line.html", {"read": reading_of(request.user, request.POST["line"], product)})


def propose_start(request: Asked, patient: Patient) -> HttpResponse:
    """Proposes it; what was typed stays when something is refused."""
    pick = picked(f"{request.POST.get('rxcui', '')}:{request.POST.get('drug_name', '')}")
    return sig_form(request, patient, pick)


def sig_form(
    request: Asked, patient: Patient, pick: Pick, *, initial: dict[str, Any] | None = None
) -> HttpResponse:  # fmt: skip
    """The form of a new medicine, fresh with what is known or as it was sent; beside it what is taken of the same."""
    beside = same_drug.of_patient(patient, patient.today(timezone.now()), name=pick.name, rxcui=pick.rxcui)
    form = StartForm(
        None if initial else request.POST,
        kind=Kind.START,
        prompts=prompts(request.user, patient),
        is_second=bool(beside),
        initial=initial,
    )
    done = None if initial else sent(request, form, partial(started, form), patient.pk, leads_to=review_of)
    read = None if form.errors else reading_of(request.user, form["line"].value() or "", Product(pick.name))
    return done or patient_form(
        request, patient, form, template="propose.html", pick=pick, beside=beside, read=read, title=_("New medicine")
    )


def started(form: StartForm, by: User, patient_id: int, /, **typed: Any) -> DosageChange:
    """Proposes it; the change."""
    drug = prescribing.DrugChoice(
        name=typed["drug_name"], rxcui=typed["rxcui"], strength=typed["strength"], form=typed["form"]
    )
    return prescribing.propose_start(
        by,
        patient_id,
        drug=drug,
        sig=form.sig,
        effective_on=typed["effective_on"],
        reason_code=typed["reason_code"],
        note=typed["note"],
        indication=typed["indication"],
        first_supply_days=typed["first_supply_days"],
        alongside=typed.get("alongside", False),
        prompt=prompt_of(form),
        confirm=typed["confirm"],
    ).change


@page
def change(request: Asked, prescription_id: int, kind: str) -> HttpResponse:
    """A new dose, a hold, a resumption or a stop of one medicine."""
    if kind not in TITLES:
        raise Http404
    access.require(request.user, "propose")
    shown = charts.course(request.user, prescription_id)
    of, today = shown.medication.prescription, shown.patient.today(timezone.now())
    product = Product(of.drug_name, of.strength, of.form)
    if request.htmx and "line" in request.POST:
        return line_read(request, product)
    if not request.POST:
        dosing.require_possible_from([change.step for change in shown.medication.course], kind, today)
    beside = same_drug.of_patient(shown.patient, today, name=of.drug_name, rxcui=of.rxcui, but=of.pk)
    form = change_form(request, shown, kind, product=product, is_second=bool(beside) and kind == Kind.RESUME)
    return sent(request, form, partial(changed, form, kind), prescription_id, leads_to=review_of) or patient_form(
        request,
        shown.patient,
        form,
        template="propose.html",
        medication=shown.medication,
        beside=beside,
        read=reading_of(request.user, form["line"].value() or "", product) if "line" in form.fields else None,
        title=TITLES[kind],
        kind=kind,
    )


def change_form(
    request: Asked, shown: charts.CoursePage, kind: str, *, product: Product, is_second: bool
) -> ChangeForm:  # fmt: skip
    """The form of that kind, filled with what is taken now."""
    shape = (
        partial(SigForm, is_second=is_second, product=product) if kind in (Kind.NEW_DOSE, Kind.RESUME) else ChangeForm
    )
    initial: dict[str, Any] = {"effective_on": shown.patient.today(timezone.now()), **prompt_asked(request)}
    sigs = [step.sig for step in shown.medication.course if step.sig]
    if sigs:
        sig = shown.medication.dose.sig or sigs[-1]
        initial |= {"unit": sig.unit, "route": sig.route}
        initial["line"] = (sig.words or sig.text().replace(dosing.NBSP, " ")) if sig.is_complete else ""
    return shape(request.POST or None, kind=kind, prompts=prompts(request.user, shown.patient), initial=initial)


def changed(form: ChangeForm, kind: str, by: User, prescription_id: int, /, **typed: Any) -> DosageChange:
    """Proposes it; the change."""
    return prescribing.propose_change(
        by,
        prescription_id,
        kind=kind,
        sig=form.sig if isinstance(form, SigForm) else None,
        effective_on=typed["effective_on"],
        reason_code=typed["reason_code"],
        note=typed["note"],
        alongside=typed.get("alongside") or None,
        prompt=prompt_of(form),
        confirm=typed["confirm"],
    ).change


def review_of(changed: DosageChange) -> str:
    """The address of a change's review."""
    return reverse("web:review", args=[changed.pk])


def prompts(by: User, patient: Patient) -> list[tuple[str, str]]:
    """What in the record may have led to a change: recent side effects and observations; two queries."""
    reports = part2.seen(by, SideEffectReport.current(patient.pk).order_by("-began_on", "-id"))[:RECENT]
    seen = part2.seen(by, Observation.current(patient.pk))[:RECENT]
    return [
        *(
            (f"side_effect:{each.pk}", f"{each.term}, {each.get_severity_display()}, {each.began_on:%d %b %Y}")
            for each in reports
        ),
        *(
            (
                f"observation:{each.pk}",
                f"{lexicon.label(each.code)} {banner.in_words(each)}, {each.observed_at:%d %b %Y}",
            )
            for each in seen
        ),
    ]


def prompt_asked(request: Asked) -> dict[str, str]:
    """The side effect from whose page one came."""
    number = request.GET.get("side_effect", "")
    return {"prompt": f"side_effect:{number}"} if number.isascii() and number.isdigit() else {}


def prompt_of(form: ChangeForm) -> prescribing.Prompt:
    """What the form says led to the change."""
    return prescribing.Prompt(
        side_effect_id=form.prompted_by("side_effect"),
        observation_id=form.prompted_by("observation"),
        plan=form.cleaned_data["plan"],
    )
