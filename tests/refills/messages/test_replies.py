"""A short clear word by text message is done; a question, and whatever is longer, is for a person to read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refills.messages import replies
from refills.messages.replies import Meant

STOPS = """STOP| Stop! |stop.|STOP STOP STOP|Please stop|pls stop|stop please|STOPALL|stop all|Unsubscribe
|UNSUBSCRIBE ME|cancel|END|Quit|revoke|I revoke my consent|opt out|OPT-OUT|optout
|I want to opt out|no more|no more messages|No more texts please|stop texting me
|Stop texting me!!|please stop sending me these messages|stop messages|stop the texts
|stop sending me reminders|I don't want these messages anymore|do not text me
|don’t text me anymore|remove me from your list|take me off your list|leave me alone
|I no longer want to receive texts|S T O P|s.t.o.p|unsuscribe|alto|ALTO|alto por favor|Parar
|para|PARE|basta|baja|dar de baja|Cancelar|no más mensajes|No mas|no quiero más mensajes
|ya no quiero recibir mensajes|ya no me manden mensajes|dejen de enviarme mensajes
|stop sending me emails|I don't want these anymore|can you stop texting me|Enough!|no thanks, stop
|para ya|no me molesten más|quítenme de su lista|yes stop|no deseo recibir más correos
|no me escriban más|deje de mandarme mensajes por favor|Gracias, alto"""
STARTS = """START|start again|UNSTOP|Unstop please|alta|Alta por favor|iniciar|comenzar|opt in|resume
|quiero recibir mensajes"""
FOR_A_PERSON = """Stop taking my lithium?|stop the new med?|STOP?
|Stop me if I am wrong, but should I take it with food|should I stop|I want to stop
|stop my lithium|stopped taking it yesterday|please stop the pain|can you stop the quetiapine
|Cancel my appointment on Monday|cancel my refill|end of the bottle tonight|the end
|Quit smoking today|I quit my job|para que sirve la nueva pastilla|¿para?
|Para dormir no me sirve|baja presion hoy|alto el azucar|cancelar mi cita
|stop messages about the lithium and call me about the rash|no|why|👍||??
|yes I took it but feel awful|I cannot stop shaking|when do I start the new one
|start lithium tonight|help me I am scared|I need a refill of what|later on I felt sick"""


def parted(texts: str) -> list[str]:
    return [text.strip("\n") for text in texts.split("|")]


@pytest.mark.parametrize("said", parted(STOPS))
def test_a_clear_no_in_any_usual_wording_stops(said: str) -> None:
    assert replies.meant(said) == Meant.STOP


@pytest.mark.parametrize("said", parted(STARTS))
def test_a_clear_start_starts(said: str) -> None:
    assert replies.meant(said) == Meant.START


@pytest.mark.parametrize("said", parted(FOR_A_PERSON))
def test_a_question_and_whatever_is_longer_is_for_a_person(said: str) -> None:
    assert replies.meant(said) == Meant.ELSE


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("HELP", Meant.HELP),
        ("ayuda", Meant.HELP),
        ("Sí", Meant.YES),
        ("I need a refill", Meant.REQUEST_REFILL),
        ("need refill please", Meant.REQUEST_REFILL),
        ("Necesito más", Meant.REQUEST_REFILL),
        ("already picked up", Meant.PICKED_UP),
        ("I already picked it up, thanks", Meant.PICKED_UP),
        ("ya lo recogí", Meant.PICKED_UP),
        ("Not now", Meant.SNOOZE),
        ("ahora no", Meant.SNOOZE),
        ("all set", Meant.CONFIRM),
        ("listo", Meant.CONFIRM),
        ("Thank you!", Meant.THANKS),
        ("gracias", Meant.THANKS),
        ("sí, necesito más pastillas porfavor 🙏", Meant.REQUEST_REFILL),
        ("Already picked them up!! thx 😀", Meant.PICKED_UP),
        ("Unsubscribe\n\nOn Tue, 1 Dec 2026, Harbor IOP wrote:\n> Can we help? Reply STOP to end", Meant.STOP),
        ("I picked it up\n\nSent from my iPhone", Meant.PICKED_UP),
        ("> STOP", Meant.STOP),
        ("STOP\nmy lithium\n> You have a health task due", Meant.ELSE),
    ],
)
def test_the_answers_of_the_link_are_understood_as_words(said: str, meant: Meant) -> None:
    assert replies.meant(said) == meant


@given(st.text(max_size=300))
def test_any_text_means_something_and_a_question_never_a_stop(text: str) -> None:
    assert replies.meant(text) in Meant
    assert replies.meant(f"?{text}") == Meant.ELSE


@given(st.lists(st.sampled_from(["lithium", "pill", "doctor", "rash", "tonight", "taking"]), min_size=1, max_size=8))
def test_a_stop_that_names_anything_else_is_never_a_stop(more: list[str]) -> None:
    assert replies.meant(f"stop {' '.join(more)}") == Meant.ELSE
