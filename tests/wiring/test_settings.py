"""Settings refuse nonsense at start, and production refuses to start half-configured."""

import os
import subprocess
import sys

import pytest

FIT = {
    "MEDMGMT_MODE": "production",
    "SECRET_KEY": "k7Qz-9" * 10,
    "AUDIT_KEY": "Wp4+m2" * 10,
    "ALLOWED_HOSTS": "clinic.example",
    "BASE_URL": "https://clinic.example",
    "DATABASE_URL": "postgres://medmgmt@db.example/medmgmt",
}


def start(**environment: str) -> str:
    """Imports the settings in a new process; the last line it wrote to stderr, empty when it started."""
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "-c", "import medmgmt.settings"]
    done = subprocess.run(command, env={**clean, **environment}, capture_output=True, text=True)
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


def test_the_embedded_default_needs_no_setting_at_all() -> None:
    assert start() == ""


def test_production_starts_when_everything_is_set() -> None:
    assert start(**FIT) == ""


def test_production_refuses_to_start_without_a_key_for_the_seals() -> None:
    assert "AUDIT_KEY" in start(**{name: value for name, value in FIT.items() if name != "AUDIT_KEY"})


def test_production_starts_with_a_key_in_use_and_those_before_it() -> None:
    assert start(**FIT, AUDIT_KEYS_OLD="first-key,another") == ""


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"SECRET_KEY": "k7Qz-9" * 8 + "x"}, "SECRET_KEY"),
        ({"SECRET_KEY": "abcd" * 20}, "SECRET_KEY"),
        ({"AUDIT_KEY": ""}, "AUDIT_KEY"),
        ({"AUDIT_KEY": "Wp4+m2" * 8 + "x"}, "AUDIT_KEY"),
        ({"AUDIT_KEY": "abcd" * 20}, "AUDIT_KEY"),
        ({"AUDIT_KEY": "k7Qz-9" * 10}, "another key than SECRET_KEY"),
        ({"AUDIT_KEY": "demo-only-" + "seals-nothing-" * 4}, "AUDIT_KEY"),
        ({"AUDIT_KEY": "demo-only-" + "not-a-secret-" * 4}, "AUDIT_KEY"),
        ({"AUDIT_KEYS_OLD": "Wp4+m2" * 10}, "AUDIT_KEYS_OLD"),
        ({"AUDIT_KEYS_OLD": "k7Qz-9" * 10}, "AUDIT_KEYS_OLD"),
        ({"DEBUG": "yes"}, "DEBUG"),
        ({"DATABASE_URL": "sqlite:////var/lib/medmgmt.sqlite3", "WEB_HOSTS": "2"}, "SQLite serves one host"),
        ({"DATABASE_URL": "sqlite:////var/lib/x.sqlite3", "ALLOWED_HOSTS": "a.example,b.example"}, "SQLite"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": ".example"}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*.clinic.example"}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "clinic.example:443"}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "https://clinic.example"}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "clinic.example,.clinic.example"}, "ALLOWED_HOSTS"),
        ({"EMAIL_FROM": "a@clinic.example\r\nBcc: b@x.example"}, "EMAIL_FROM"),
        ({"SITE_NAME": "Clinic\nBcc: b@x.example"}, "SITE_NAME"),
        ({"BASE_URL": "http://clinic.example"}, "BASE_URL"),
        ({"SMS_URL": "http://gateway.example/messages"}, "SMS_URL"),
        ({"PUSH_URL": "ntfy://gateway.example/{to}"}, "PUSH_URL"),
        ({"EMAIL_WEBHOOK_KEY": "fifteen letters"}, "EMAIL_WEBHOOK_KEY"),
        ({"METRICS_TOKEN": "fifteen letters"}, "METRICS_TOKEN"),
    ],
)
def test_production_refuses_to_start_half_configured(change: dict[str, str], sentence: str) -> None:
    said = start(**{**FIT, **change})
    assert "ImproperlyConfigured" in said
    assert sentence in said


@pytest.mark.parametrize(
    "nonsense",
    [
        {"PORT": "eighty"},
        {"PORT": "70000"},
        {"DEBUG": "perhaps"},
        {"MEDMGMT_MODE": "staging"},
        {"DATABASE_URL": "mysql://somewhere/else"},
        {"DATABASE_URL": "sqlite:///"},
        {"REDIS_URL": "http://redis.example"},
        {"REMINDER_HOUR": "3"},
        {"SESSION_IDLE_MINUTES": "0"},
        {"SESSION_HOURS": "0"},
        {"SESSION_HOURS": "25"},
        {"LOGIN_ATTEMPTS": "0"},
        {"TRUSTED_PROXIES": "the-proxy"},
        {"SECOND_FACTOR": "perhaps"},
        {"DEVICE_TRUST_DAYS": "365"},
        {"CONFIRM_MINUTES": "0"},
    ],
)
def test_nonsense_is_refused_at_start_in_a_sentence(nonsense: dict[str, str]) -> None:
    said = start(**nonsense)
    assert "ImproperlyConfigured" in said
    assert next(iter(nonsense)) in said


@pytest.mark.parametrize(
    ("unfit", "fit"),
    [
        ({"BEHIND_TLS_PROXY": "yes"}, {"BEHIND_TLS_PROXY": "yes", "TRUSTED_PROXIES": "10.0.0.2"}),
        ({"SECOND_FACTOR": "offered"}, {"SECOND_FACTOR": "required"}),
    ],
)
def test_production_knows_its_proxies_and_asks_staff_for_a_second_factor(
    unfit: dict[str, str], fit: dict[str, str]
) -> None:
    assert next(iter(unfit)) in start(**FIT, **unfit)
    assert "ImproperlyConfigured" not in start(**FIT, **fit)


def test_production_speaks_through_encryption_alone_and_believes_nobody_who_says_so() -> None:
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS")
    asked = ", ".join(f"str(settings.{name})" for name in (*names, "SECURE_PROXY_SSL_HEADER"))
    code = f"from medmgmt import settings; print('|'.join([{asked}]))"
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    told = subprocess.run([sys.executable, "-c", code], env={**clean, **FIT}, capture_output=True, text=True).stdout
    assert told.strip().split("|") == ["True", "True", "True", "31536000", "None"]


@pytest.mark.parametrize("hosts", ["clinic.example", "a.example,b-2.example", "192.0.2.7", "[2001:db8::1]"])
def test_production_starts_with_the_exact_names_of_its_hosts(hosts: str) -> None:
    assert start(**{**FIT, "ALLOWED_HOSTS": hosts}) == ""
