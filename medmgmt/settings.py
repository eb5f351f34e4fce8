"""Every setting of medmgmt, read from the environment; nonsense is refused at start in a sentence."""

import os
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from medmgmt.record import redaction
from medmgmt.signing_in import places

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = BASE_DIR / ".medmgmt"
DEMO_SECRET_KEY = "demo-only-" + "not-a-secret-" * 4
DEMO_AUDIT_KEY = "demo-only-" + "seals-nothing-" * 4
env = environ.Env()


def is_fit(key: str) -> bool:
    """Whether a key is long and mixed enough to be one, and none that is printed somewhere."""
    return len(key) >= 50 and len(set(key)) >= 5 and "demo-only-" not in key


def number(name: str, default: int, *, least: int, most: int) -> int:
    """The whole number in the environment variable `name`; outside least..most it is refused."""
    text = env.str(name, default=str(default))
    if not re.fullmatch(r"-?\d+", text) or not least <= int(text) <= most:
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}, not {text!r}.")
    return int(text)


def yes_or_no(name: str, default: bool) -> bool:
    """True for 1/true/yes/on, False for 0/false/no/off; anything else is refused."""
    text = env.str(name, default=str(default)).strip().lower()
    known = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text not in known:
        raise ImproperlyConfigured(f"{name} must be yes or no, not {text!r}.")
    return known[text]


def one_of(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """The word in the environment variable `name`; one that is not in `allowed` is refused."""
    text = str(env.str(name, default=default)).strip().lower()
    if text not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {text!r}.")
    return text


# -- what kind of installation this is ------------------------------------------------------------------------------
MODE = one_of("MEDMGMT_MODE", "demo", ("demo", "production"))
PRODUCTION = MODE == "production"
DEBUG = yes_or_no("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", default=DEMO_SECRET_KEY)
AUDIT_KEY = env.str("AUDIT_KEY", default=DEMO_AUDIT_KEY)
AUDIT_KEYS_OLD = env.list("AUDIT_KEYS_OLD", default=[])
"""Keys that sealed the trail before AUDIT_KEY, separated by commas: what they sealed still verifies."""
HOST = env.str("HOST", default="127.0.0.1")
PORT = number("PORT", 8000, least=1, most=65535)
LOCAL_HOST = "127.0.0.1" if HOST in ("0.0.0.0", "::") else HOST  # noqa: S104 compared, not bound
BASE_URL = env.str("BASE_URL", default=f"http://{LOCAL_HOST}:{PORT}").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["127.0.0.1", "localhost", "[::1]", HOST])
WEB_HOSTS = number("WEB_HOSTS", 1, least=1, most=1000)
"""How many machines run the web server or workers against this database."""

# -- the database and the broker ------------------------------------------------------------------------------------
DATABASE_URL = env.str("DATABASE_URL", default=f"sqlite:///{STATE_DIR / 'medmgmt.sqlite3'}")
REDIS_URL = env.str("REDIS_URL", default="")


def database(url: str) -> dict[str, object]:
    """Django's connection settings for `sqlite:///PATH` or `postgres://...`; any other address is refused."""
    scheme = urlsplit(url).scheme
    if scheme in ("postgres", "postgresql"):
        return {**environ.Env.db_url_config(url), "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
    path = url.removeprefix("sqlite:///")
    if scheme != "sqlite" or not url.startswith("sqlite:///") or not path:
        raise ImproperlyConfigured("DATABASE_URL must be sqlite:///PATH or postgres://USER:PASSWORD@HOST:PORT/NAME.")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "CONN_MAX_AGE": 600,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
            "PRAGMA recursive_triggers=ON;",
        },
    }


DATABASES = {"default": database(DATABASE_URL)}
SQLITE = str(DATABASES["default"]["ENGINE"]).endswith("sqlite3")
if SQLITE and ".medmgmt" in str(DATABASES["default"]["NAME"]):
    STATE_DIR.mkdir(exist_ok=True)
if REDIS_URL and urlsplit(REDIS_URL).scheme not in ("redis", "rediss", "unix"):
    raise ImproperlyConfigured("REDIS_URL must begin with redis://, rediss:// or unix://, or be left empty.")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EXACT_HOST = re.compile(rf"{LABEL}(?:\.{LABEL})*|\[[0-9A-Fa-f:.]+\]")
"""A name or an address of one host; a dot before it or a star in it would answer to hosts of others."""

# -- production refuses to start half-configured --------------------------------------------------------------------
if PRODUCTION:
    if not is_fit(SECRET_KEY):
        raise ImproperlyConfigured("Production needs its own SECRET_KEY of at least 50 characters.")
    if not is_fit(AUDIT_KEY):
        raise ImproperlyConfigured("Production needs its own AUDIT_KEY of at least 50 characters: it seals the trail.")
    if AUDIT_KEY == SECRET_KEY or AUDIT_KEY in AUDIT_KEYS_OLD:
        raise ImproperlyConfigured("AUDIT_KEY is another key than SECRET_KEY and than those in AUDIT_KEYS_OLD.")
    if SECRET_KEY in AUDIT_KEYS_OLD or not all(AUDIT_KEYS_OLD):
        raise ImproperlyConfigured("AUDIT_KEYS_OLD lists keys that sealed the trail, separated by commas.")
    if DEBUG:
        raise ImproperlyConfigured("Production does not start with DEBUG on.")
    if not ALLOWED_HOSTS or not all(EXACT_HOST.fullmatch(name) for name in ALLOWED_HOSTS):
        raise ImproperlyConfigured(
            "Production needs ALLOWED_HOSTS: the exact names this site answers to, without *, scheme or port."
        )
    if SQLITE and (WEB_HOSTS > 1 or len(ALLOWED_HOSTS) > 1):
        raise ImproperlyConfigured("SQLite serves one host: use PostgreSQL (DATABASE_URL) for several.")
    if urlsplit(BASE_URL).scheme != "https":
        raise ImproperlyConfigured(
            "Production needs BASE_URL with https://, the address that patients' links begin with."
        )

# -- Django ---------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "csp",
    "medmgmt.record",
    "interactions",
    "refills",
    "medmgmt",
]
MIDDLEWARE = [
    "medmgmt.web.kit.middleware.Head",
    "medmgmt.web.kit.middleware.RequestNumber",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "medmgmt.web.kit.middleware.Methods",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "medmgmt.web.kit.middleware.SessionTimeout",
    "medmgmt.web.kit.middleware.WhoSawWhom",
    "medmgmt.web.kit.middleware.WayIn",
    "medmgmt.web.kit.middleware.NoStore",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "medmgmt.problems.ProblemMiddleware",
]
ROOT_URLCONF = "medmgmt.urls"
WSGI_APPLICATION = "medmgmt.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "medmgmt" / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["medmgmt.web.kit.tags", "medmgmt.web.kit.amendment_tags"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "medmgmt.web.kit.context.site",
            ],
        },
    }
]
AUTH_USER_MODEL = "record.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "medmgmt.signing_in.passwords.NotRepeated"},
    {"NAME": "medmgmt.signing_in.passwords.NotOfThisSite"},
]
PASSWORD_RESET_TIMEOUT = 3600 * number("FIRST_SIGN_IN_HOURS", 24, least=1, most=7 * 24)
"""How long the link lasts with which somebody chooses a password; it works once."""
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
TIME_ZONE = env.str("SITE_TIME_ZONE", default="America/New_York")
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = STATE_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "medmgmt" / "web" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    if PRODUCTION
    else {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = not PRODUCTION
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
SITE_NAME = env.str("SITE_NAME", default="Harbor IOP" if not PRODUCTION else "medmgmt")
SERVICE_LEVELS_FILE = env.str("SERVICE_LEVELS_FILE", default="")
"""A table of the site's own service levels, shaped like data/service_levels.csv; its rows take the place of those."""
SITE_HOURS_FILE = env.str("SITE_HOURS_FILE", default="")
"""A table of the site's own hours and closed days, like data/site_hours.csv; its rows take the place of those."""
if any(path and not Path(path).is_file() for path in (SERVICE_LEVELS_FILE, SITE_HOURS_FILE)):
    raise ImproperlyConfigured("SERVICE_LEVELS_FILE or SITE_HOURS_FILE names no file.")

# -- safety of the session and the page -----------------------------------------------------------------------------
SESSION_IDLE_MINUTES = number("SESSION_IDLE_MINUTES", 30, least=1, most=24 * 60)
SESSION_HOURS = number("SESSION_HOURS", 10, least=1, most=24)
CONFIRM_MINUTES = number("CONFIRM_MINUTES", 2 if PRODUCTION else 15, least=1, most=60)
"""How long a proof of who somebody is counts for what asks for a fresh one. In production signing in is none yet."""
SESSION_COOKIE_AGE = SESSION_HOURS * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_HTTPONLY = False
CSRF_FAILURE_VIEW = "medmgmt.web.kit.views.csrf_failure"
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if yes_or_no("BEHIND_TLS_PROXY", False) else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {"camera": [], "geolocation": [], "microphone": [], "payment": [], "usb": []}
LOGIN_ATTEMPTS = number("LOGIN_ATTEMPTS", 5, least=1, most=100)
LOGIN_SLOWEST_MINUTES = number("LOGIN_SLOWEST_MINUTES", 15, least=1, most=60)
"""So many slips are free for one name at one address; then each next waits twice as long, at most so many minutes."""
SECOND_FACTOR = one_of("SECOND_FACTOR", "required" if PRODUCTION else "offered", ("required", "offered"))
"""Whether everybody who works here needs a second factor to sign in, or may have one."""
if PRODUCTION and SECOND_FACTOR != "required":
    raise ImproperlyConfigured("Production needs SECOND_FACTOR=required: no staff sign in with a password alone.")
DEVICE_TRUST_DAYS = number("DEVICE_TRUST_DAYS", 14, least=0, most=90)
"""For how many days a device that somebody marks as their own asks for no second factor; 0: always asked."""
BEHIND_TLS_PROXY = SECURE_PROXY_SSL_HEADER is not None
try:
    TRUSTED_PROXIES = places.networks(env.list("TRUSTED_PROXIES", default=[]))
    """Proxies whose X-Forwarded-For is believed, as addresses or ranges; what anybody else says there is not."""
except ValueError as unreadable:
    raise ImproperlyConfigured(
        "TRUSTED_PROXIES must be addresses or ranges such as 10.0.0.2,10.1.0.0/16."
    ) from unreadable
if PRODUCTION and BEHIND_TLS_PROXY and not TRUSTED_PROXIES:
    raise ImproperlyConfigured("BEHIND_TLS_PROXY needs TRUSTED_PROXIES: else everybody comes from one address.")

# -- API ------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "medmgmt.api.kit.session.TokenAuthentication",
        "medmgmt.api.kit.session.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["medmgmt.api.kit.parsing.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "medmgmt.api.kit.schema.Schema",
    "EXCEPTION_HANDLER": "medmgmt.problems.api_exception_handler",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": env.str("API_RATE", default="6000/hour")},
    "COERCE_DECIMAL_TO_STRING": True,
    "URL_FORMAT_OVERRIDE": None,
}
KNOX_TOKEN_MODEL = "record.Token"  # noqa: S105 - the name of a table
MIGRATION_MODULES = {"knox": None}
"""Its table is ours: its own migrations would make another one that nobody uses and that no flush knows of."""
REST_KNOX = {"TOKEN_MODEL": KNOX_TOKEN_MODEL, "TOKEN_TTL": timedelta(days=90), "AUTH_HEADER_PREFIX": "Bearer"}
NAMED_AS_HERE = {
    "medmgmt.record.models": "EncounterKind ReactionSeverity ReasonCode Sex SideEffectSeverity",
    "interactions.models": "AnswerReason ReleaseKind ReleaseStatus Together",
    "refills.models": "ReminderAnswer ReminderKind ReminderState RenewalAnswer Taken TaskKind TaskOutcome TaskState",
}
"""Choices that the API calls as the code does."""
SPECTACULAR_SETTINGS = {
    "TITLE": "medmgmt API",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": "Medication management and interaction review. Not a medical device; clinical judgement required.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/",
    "ENUM_NAME_OVERRIDES": {
        **{name: f"{room}.{name}" for room, names in NAMED_AS_HERE.items() for name in names.split()},
        "AllergyKind": "medmgmt.record.models.AllergyKind",
        "AddressChannel": "medmgmt.record.models.Channel",
        "CaseSex": "medmgmt.api.checking.SEXES",
        "ChangeKind": "medmgmt.record.models.Kind",
        "ChangeStatus": "medmgmt.record.models.Status",
        "DoseState": "medmgmt.api.prescriptions.DOSE_STATES",
        "FindingSeverity": "medmgmt.api.review.SEVERITIES",
        "MessageChannel": "refills.models.Channel",
        "NotRenewed": "medmgmt.api.renewals.NOT_RENEWED",
        "OpeningVerdict": "medmgmt.record.models.Judgement",
        "PairState": "medmgmt.api.proposals.PAIR_STATES",
        "RowVerdict": "interactions.models.Verdict",
        "RuleSeverity": "interactions.models.Severity",
        "SelftestScope": "interactions.models.SelftestScope",
        "TokenScope": "medmgmt.record.models.Scope",
    },
}

# -- the clock ------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 60}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CLOCK_STALE_SECONDS = number("CLOCK_STALE_SECONDS", 60, least=5, most=3600)

# -- messages -------------------------------------------------------------------------------------------------------
EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    globals().update(environ.Env.email_url_config(EMAIL_URL))
else:
    EMAIL_BACKEND = "refills.messages.outbox.EmailBackend"
EMAIL_TIMEOUT = number("EMAIL_TIMEOUT", 15, least=1, most=120)
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="no-reply@clinic.example")
if any(not one.isprintable() for one in (DEFAULT_FROM_EMAIL, SITE_NAME)):
    raise ImproperlyConfigured("EMAIL_FROM and SITE_NAME stand in headers of messages: they are one line each.")
SUPPLY_STATES = tuple(name.strip().upper() for name in env.list("SUPPLY_STATES", default=[]) if name.strip())
"""States whose own supply rules (data/state_refill_rules.csv and SUPPLY_RULES) count beside the federal ones."""
SUPPLY_RULES = env.str("SUPPLY_RULES", default="")
"""A table of the site's own supply rules, shaped like data/refill_rules.csv; of two rules the stricter wins."""
if SUPPLY_RULES and not Path(SUPPLY_RULES).is_file():
    raise ImproperlyConfigured(f"SUPPLY_RULES names no file: {SUPPLY_RULES!r}.")
EMERGENCY_NUMBER = env.str("EMERGENCY_NUMBER", default="911")
CRISIS_NUMBER = env.str("CRISIS_NUMBER", default="988")
CLINIC_PHONE = env.str("CLINIC_PHONE", default="")
"""Whom a patient in danger calls: emergency help, the crisis line at any hour, the clinic (blank: not shown)."""
if not all(re.fullmatch(r"\+?[0-9][0-9 ()-]{1,18}[0-9]", one) for one in (EMERGENCY_NUMBER, CRISIS_NUMBER)):
    raise ImproperlyConfigured("EMERGENCY_NUMBER and CRISIS_NUMBER must be numbers that a phone can call.")
REMINDER_HOUR = number("REMINDER_HOUR", 9, least=8, most=20)
"""Local hour (0-23) at which reminders are due, in the patient's time zone; within waking hours."""
REMINDER_LINK_DAYS = number("REMINDER_LINK_DAYS", 14, least=1, most=60)
CALENDAR_LINK_DAYS = number("CALENDAR_LINK_DAYS", 180, least=1, most=730)
"""How long a calendar link works; then its owner makes a new one."""
REMINDER_LEASE_SECONDS = number("REMINDER_LEASE_SECONDS", 60, least=5, most=3600)
REMINDER_ATTEMPTS = number("REMINDER_ATTEMPTS", 5, least=1, most=20)
REMINDER_THREADS = number("REMINDER_THREADS", 32, least=1, most=256)
"""How many messages one process hands over at once; the threads wait for gateways and never ask the database."""
REMINDER_RETRY_SECONDS = number("REMINDER_RETRY_SECONDS", 60, least=1, most=3600)
REMINDER_RETRY_MOST_SECONDS = number("REMINDER_RETRY_MOST_SECONDS", 7200, least=1, most=86_400)
"""How long a message that failed waits: so long at first, twice as long each time, at most so long."""
MARKS_DIR = Path(env.str("MARKS_DIR", default=str(STATE_DIR / "marks")))
"""Where it is kept, outside the database and its backups, how many messages have left."""
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
"""What Prometheus shows as a bearer token at /metrics; without one only this machine may ask."""
if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
    raise ImproperlyConfigured("METRICS_TOKEN must have at least 16 characters.")
GATEWAY_TIMEOUT = number("GATEWAY_TIMEOUT", 15, least=1, most=120)
"""Seconds that a gateway for text messages may take to answer."""


def gateway(name: str) -> str:
    """The address of a channel beside e-mail; blank where there is none. In the demo, text messages go to the outbox.

    http(s)://... is a gateway of your own that takes JSON with an Idempotency-Key; anything else is an address of the
    notification library Apprise, with {to} where the patient's number goes. Production sends by https alone.
    """
    url = str(env.str(name, default="" if PRODUCTION or name != "SMS_URL" else "outbox:"))
    scheme, found, rest = url.partition("://")
    if not url or (url == "outbox:" and not PRODUCTION):
        return url
    if not found or not rest:
        raise ImproperlyConfigured(f"{name} must be an address such as https://gateway.example/messages.")
    if scheme.lower() in ("http", "json", "xml", "form", "apprise", "ntfy", "gotify", "mailto") and PRODUCTION:
        raise ImproperlyConfigured(f"Production needs {name} with https://, or a service that is reached by https.")
    if scheme.lower() not in ("http", "https") and "{to}" not in url:
        raise ImproperlyConfigured(f"{name} must say {{to}} where the patient's number goes.")
    return url


def webhook_key(name: str) -> str:
    """The secret that a provider signs its delivery reports with; blank: reports are not taken."""
    secret = str(env.str(name, default=""))
    if secret and len(secret) < 16:
        raise ImproperlyConfigured(f"{name} must have at least 16 characters.")
    return secret


SMS_URL, PUSH_URL = gateway("SMS_URL"), gateway("PUSH_URL")
SMS_TOKEN, PUSH_TOKEN = env.str("SMS_TOKEN", default=""), env.str("PUSH_TOKEN", default="")
WEBHOOK_KEYS = {"email": webhook_key("EMAIL_WEBHOOK_KEY"), "sms": webhook_key("SMS_WEBHOOK_KEY")}
WEBHOOK_SECONDS = number("WEBHOOK_SECONDS", 300, least=30, most=3600)
"""How old a signed delivery report may be."""

# -- charts opened in an emergency ------------------------------------------------------------------------------------
BREAK_GLASS_HOURS = number("BREAK_GLASS_HOURS", 4, least=1, most=24)
"""How long a chart that somebody outside the team opened in an emergency stays open to them."""
BREAK_GLASS_SIGN = yes_or_no("BREAK_GLASS_SIGN", default=False)
"""Whether they may also propose, sign and authorise there; else they read and record."""
BREAK_GLASS_REASON_SHOWN = yes_or_no("BREAK_GLASS_REASON_SHOWN", default=False)
"""Whether the patient reads the reason that was typed; else that it was an emergency."""

# -- whole charts that leave ------------------------------------------------------------------------------------------
EXPORTS_PER_HOUR = number("EXPORTS_PER_HOUR", 10, least=1, most=1000)
"""How many whole charts one person may export within an hour."""

# -- how long charts are kept -----------------------------------------------------------------------------------------
RETENTION_YEARS = number("RETENTION_YEARS", 10, least=1, most=200)
"""How many years after its last entry a chart must be kept."""
RETENTION_AGE = number("RETENTION_AGE", 21, least=18, most=150)
"""Until which age of the patient it must be kept at least."""
RETENTION_HOLD = env.list("RETENTION_HOLD", default=[])
"""Charts that are kept whatever their time, by number (a legal hold), or `all`."""
if not all(one == "all" or (one.isascii() and one.isdecimal()) for one in RETENTION_HOLD):
    raise ImproperlyConfigured("RETENTION_HOLD must be numbers of charts with commas between them, or all.")
if "all" in RETENTION_HOLD:
    RETENTION_HOLD = ["all"]

# -- logs: ids only, never a name, a drug, a note or a token ----------------------------------------------------------
redaction.install()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "fido2": {"level": "WARNING"},  # it would write the number of each passkey
        "waitress.queue": {"level": "ERROR"},
    },  # a line for each request that waits a moment tells nobody anything
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING").upper()},
}
SHARED_DIR = Path(os.environ.get("MEDMGMT_SHARED", BASE_DIR.parent / "shared"))
"""Where third-party data sets lie, for importers and tests; nothing breaks where it is absent."""
