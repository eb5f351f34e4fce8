"""Every page of the clinic with who may open it."""

from tests import factories as cast
from tests.faces.web.world import World

STAFF = {"adler", "bo", "pia"}
CARERS = {"adler", "bo"}
EVERYBODY = {"adler", "bo", "pia", "admin", "carla"}
PEOPLE = {
    "adler": cast.adler,
    "bo": cast.bo,
    "pia": cast.pia,
    "dorn": cast.dorn,
    "admin": cast.admin,
    "carla": cast.carla_user,
}


def of_carla(world: World) -> dict[str, set[str]]:
    """Pages about Carla: address -> who of the cast gets 200. Everybody else is refused, Dr Dorn above all."""
    patient, drug = f"/patients/{world.carla.pk}", f"/prescriptions/{world.sertraline.pk}"
    task = world.carla.tasks.get(source_type="side_effect", source_id=str(world.report.pk)).pk
    return {
        f"{patient}/": STAFF,
        f"{patient}/?day=2026-06-01": STAFF,
        f"{patient}/details/": CARERS,
        f"{patient}/level-of-care/": CARERS,
        f"{patient}/contact/": CARERS,
        f"{patient}/observations/new/": CARERS,
        f"{patient}/allergies/new/": CARERS,
        f"{patient}/conditions/new/": CARERS,
        f"{patient}/prescribe/": {"adler"},
        f"{patient}/side-effects/new/": STAFF,
        f"{drug}/": STAFF,
        f"{drug}/fills/new/": STAFF,
        f"{drug}/supply/": STAFF,
        f"{drug}/supply/write/": {"adler"},
        f"{drug}/supply/limit/": {"adler"},
        f"{drug}/supply/release/": {"adler"},
        f"{drug}/supply/count/": STAFF,
        f"{drug}/renewal/": STAFF,
        f"{patient}/adherence/": STAFF,
        f"{drug}/new_dose/": {"adler"},
        f"{drug}/hold/": {"adler"},
        f"{drug}/stop/": {"adler"},
        f"/changes/{world.proposal.pk}/": STAFF,
        f"/side-effects/{world.report.pk}/": STAFF,
        f"/side-effects/{world.report.pk}/correct/": STAFF,
        f"/tasks/{task}/": STAFF,
        f"/my/side-effects/{world.report.pk}/sent/": {"carla"},
    }


def of_the_clinic() -> dict[str, set[str]]:
    """Pages about nobody in particular; Dr Dorn may open them as any psychiatrist may."""
    return {
        "/": {"adler", "bo", "pia", "admin", "dorn"},
        "/patients/": STAFF | {"dorn"},
        "/patients/new/": CARERS | {"dorn"},
        "/tasks/": STAFF | {"dorn"},
        "/tasks/?state=done": STAFF | {"dorn"},
        "/tasks/?kind=side_effect_review&mine=1": STAFF | {"dorn"},
        "/renewals/": STAFF | {"dorn"},
        "/knowledge/selftest/": STAFF | {"admin", "dorn"},
        "/knowledge/": STAFF | {"admin", "dorn"},
        "/knowledge/alerts/": {"adler", "pia", "admin", "dorn"},
        "/knowledge/rules/": STAFF | {"admin", "dorn"},
        "/knowledge/drugs/": STAFF | {"admin", "dorn"},
        "/knowledge/rules/new/": {"pia"},
        "/outbox/": {"admin"},
        "/audit/": {"admin"},
        "/staff/": {"admin"},
        "/staff/new/": {"admin"},
        "/staff/teams/": {"admin"},
        "/staff/changes/": {"adler", "pia", "admin", "dorn"},
        "/my/": {"carla"},
        "/my/side-effects/new/": {"carla"},
    }
