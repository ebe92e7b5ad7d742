"""Every setting comes from the environment; a bad value stops the start with a clear message.

Without any variable set, the portal runs embedded: SQLite, Celery over folders, mail in files. Production sets
DATABASE_URL, REDIS_URL, SECRET_KEY and FIELD_ENCRYPTION_KEYS (see .env.example).
"""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(BASE_DIR / ".env")

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
TESTING = "pytest" in sys.modules

# --- Secrets -------------------------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
_DEV_SECRET = "embedded-default-do-not-use-in-production"  # noqa: S105
_DEV_FIELD_KEY = "bm9jZGVzay1lbWJlZGRlZC1kZWZhdWx0LWtleS0wMDE="
SECRET_KEY = env.str("SECRET_KEY", default=_DEV_SECRET)
# The first key encrypts, all of them decrypt: put a new one in front to rotate.
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS", default=[_DEV_FIELD_KEY])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
HTTPS_ONLY = env.bool("HTTPS_ONLY", default=False)
if HTTPS_ONLY and (SECRET_KEY == _DEV_SECRET or _DEV_FIELD_KEY in FIELD_ENCRYPTION_KEYS):
    raise ImproperlyConfigured("HTTPS_ONLY is on: set SECRET_KEY and FIELD_ENCRYPTION_KEYS to values of your own.")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS_ONLY else 0
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"

# --- Applications --------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_countries",
    "django_filters",
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "noc",
    "catalog",
    "billing",
    "whmcs",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.content_security.ContentSecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
_LOADERS = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "billing.views.context.portal",
            ],
            "builtins": ["template_partials.templatetags.partials"],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    _LOADERS if DEBUG else [("django.template.loaders.cached.Loader", _LOADERS)],
                )
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.insert(INSTALLED_APPS.index("django.contrib.admin"), "django.forms")

# --- Database ------------------------------------------------------------------------------------------------------
VAR_DIR.mkdir(parents=True, exist_ok=True)
# Empty means the default too: a line of .env that nobody filled in.
_database_url = env.str("DATABASE_URL", default="") or f"sqlite:///{VAR_DIR / 'nocdesk.sqlite3'}"
DATABASES: dict[str, Any] = {"default": env.db_url_config(_database_url)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE takes the write lock at BEGIN: two writers queue instead of failing half-way.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"].setdefault("CONN_MAX_AGE", env.int("CONN_MAX_AGE", default=300))
    DATABASES["default"].setdefault("CONN_HEALTH_CHECKS", True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People --------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "billing.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "billing.permissions.RoleBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account:login"
LOGOUT_REDIRECT_URL = "store:home"

# --- Language and time ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", "English"), ("ru", "Русский")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
# The business day: due dates and the nightly run follow it.
TIME_ZONE = env.str("TIME_ZONE", default="UTC")

# --- Static files --------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = env.bool("WHITENOISE_USE_FINDERS", default=not STATIC_ROOT.exists())
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if ((STATIC_ROOT / "staticfiles.json").exists() or "collectstatic" in sys.argv) and not DEBUG and not TESTING
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- Cache, broker, workers ----------------------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    CACHES: dict[str, Any] = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
# Empty: kombu's filesystem transport in VAR_DIR, so that nothing needs to be installed to try the portal.
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL)
# Threads suit workers that wait for a partner; the partner call carries a deadline of its own (docs/adr/0003).
CELERY_WORKER_CONCURRENCY = env.int("CELERY_WORKER_CONCURRENCY", default=8)

# --- The partner ---------------------------------------------------------------------------------------------------
NOC_PLAIN_HTTP_HOSTS = env.list("NOC_PLAIN_HTTP_HOSTS", default=[])
NOC_CONNECT_TIMEOUT = env.float("NOC_CONNECT_TIMEOUT", default=10)  # seconds
NOC_READ_TIMEOUT = env.float("NOC_READ_TIMEOUT", default=60)
NOC_AWAITED_TIMEOUT = env.float("NOC_AWAITED_TIMEOUT", default=5)  # while a person waits for the page
NOC_PAYING_DEADLINE = env.float("NOC_PAYING_DEADLINE", default=90)
# How long a sent intent stays fresh: older, the call is not sent.
NOC_INTENT_FRESHNESS = timedelta(seconds=env.float("NOC_INTENT_FRESHNESS", default=5))
NOC_CALLS_IN_FLIGHT = env.int("NOC_CALLS_IN_FLIGHT", default=4)  # per partner account
# Reading whole accounts: forms read at a time, and in one run at most.
NOC_SYNC_CALLS_IN_FLIGHT = env.int("NOC_SYNC_CALLS_IN_FLIGHT", default=2)
NOC_SYNC_FORMS = env.int("NOC_SYNC_FORMS", default=5000)
NOC_LOOKS = env.int("NOC_LOOKS", default=3)
NOC_LOOK_INTERVAL = timedelta(seconds=env.float("NOC_LOOK_INTERVAL", default=200))
NOC_RENEW_LOOK_INTERVAL = timedelta(seconds=env.float("NOC_RENEW_LOOK_INTERVAL", default=600))
NOC_PROCESSING_PATIENCE = timedelta(seconds=env.float("NOC_PROCESSING_PATIENCE", default=86_400))
NOC_RESENDS = env.int("NOC_RESENDS", default=2)
# An account refused for money whose balance does not explain it: one operation is tried again so often.
NOC_MONEY_PROBE_INTERVAL = timedelta(seconds=env.float("NOC_MONEY_PROBE_INTERVAL", default=1800))
# Operators are told when the renewals of so many days use up an account's money.
BALANCE_ALERT_DAYS = timedelta(days=env.int("BALANCE_ALERT_DAYS", default=7))
# How long a certificate may wait for its authority before operators are told.
NOC_CERTIFICATE_PATIENCE = timedelta(days=env.float("NOC_CERTIFICATE_PATIENCE_DAYS", default=30))
# The partner's words that no document tells, once known: file=certificate.file,reissue=…,own_request=exist
NOC_CERTIFICATE_FUNCTIONS = env.dict("NOC_CERTIFICATE_FUNCTIONS", default={})
if unknown := set(NOC_CERTIFICATE_FUNCTIONS) - {"file", "reissue", "own_request"}:
    raise ImproperlyConfigured(f"NOC_CERTIFICATE_FUNCTIONS: unknown names {sorted(unknown)}.")
OPERATION_LEASE = timedelta(seconds=env.float("OPERATION_LEASE", default=120))
OPERATION_SWEEP_INTERVAL = env.float("OPERATION_SWEEP_INTERVAL", default=60)  # seconds between sweeps by beat
OPERATION_RETRY_LIMIT = timedelta(seconds=env.float("OPERATION_RETRY_LIMIT", default=900))  # cap of the back-off
# A paying call must be over when its lease ends: from then on another worker looks for what it did.
if not OPERATION_LEASE.total_seconds() > NOC_PAYING_DEADLINE:
    raise ImproperlyConfigured("NOC_PAYING_DEADLINE must be shorter than OPERATION_LEASE.")
# A renewal is bought when what the client paid reaches further than the partner's end date by more than this.
RENEWAL_TOLERANCE = timedelta(days=env.int("RENEWAL_TOLERANCE_DAYS", default=3))

# How long a page waits for a worker to make a PDF before it says that it is being made, in seconds.
DOCUMENT_PATIENCE = env.float("DOCUMENT_PATIENCE", default=1.5)

# --- Mail ----------------------------------------------------------------------------------------------------------
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="filemail://")
vars().update(EMAIL_CONFIG)
EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_TIMEOUT = 20
EMAIL_USE_LOCALTIME = True
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Nocdesk <billing@localhost>")
EMAIL_REPLY_TO = env.str("EMAIL_REPLY_TO", default="")
# The sender that the mail server is told, to whom letters come back; empty: that of DEFAULT_FROM_EMAIL.
EMAIL_ENVELOPE_SENDER = env.str("EMAIL_ENVELOPE_SENDER", default="")
OPERATOR_EMAILS = env.list("OPERATOR_EMAILS", default=[])

# --- Alerts --------------------------------------------------------------------------------------------------------
TELEGRAM_API_URL = env.str("TELEGRAM_API_URL", default="https://api.telegram.org").rstrip("/")
# A channel hears of the same thing about the same object once in so many seconds.
ALERT_INTERVAL = timedelta(seconds=env.float("ALERT_INTERVAL", default=3600))
# Hosts in private networks that webhooks of operators may go to, also over http.
OUTBOUND_PRIVATE_HOSTS = env.list("OUTBOUND_PRIVATE_HOSTS", default=[])

# --- The reseller --------------------------------------------------------------------------------------------------
PORTAL_NAME = env.str("PORTAL_NAME", default="Nocdesk")
PORTAL_URL = env.str("PORTAL_URL", default="http://127.0.0.1:8000").rstrip("/")
BANK_DETAILS = env.str("BANK_DETAILS", default="")
# Taxes. Where the seller is registered: reverse charge within the EU, and what visitors without a country are quoted.
SELLER_COUNTRY = env.str("SELLER_COUNTRY", default="").upper()
# The EU register of VAT numbers (https://ec.europa.eu/taxation_customs/vies/rest-api/check-vat-number). Empty: numbers
# are judged by their format alone. With it, reverse charge needs the register's word.
VIES_URL = env.str("VIES_URL", default="")
PRICES_INCLUDE_TAX = env.bool("PRICES_INCLUDE_TAX", default=False)
# Whether a client who owes no tax pays less than a price that includes it.
DEDUCT_TAX_NOT_OWED = env.bool("DEDUCT_TAX_NOT_OWED", default=True)

# Payment gateways. The addresses of their APIs; Stripe's own, if empty.
STRIPE_API_URL = env.str("STRIPE_API_URL", default="").rstrip("/")
YOOKASSA_API_URL = env.str("YOOKASSA_API_URL", default="https://api.yookassa.ru/v3").rstrip("/")

# --- REST API ------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["billing.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["billing.api.permissions.RolePermission"],
    "DEFAULT_PAGINATION_CLASS": "billing.api.pagination.Pages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["billing.api.parsing.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "billing.api.problems.problem_details",
    "PAGE_SIZE": 50,
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Nocdesk API",
    "DESCRIPTION": "Orders, invoices, services, module commands. Bearer keys; errors are problem details (RFC 9457).",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "AffiliateStatusEnum": "billing.models.AffiliateStatus",
        "CancellationStatusEnum": "billing.models.CancellationStatus",
        "CancellationTypeEnum": "billing.models.CancellationType",
        "CommissionStateEnum": "billing.models.CommissionState",
        "FindingSortEnum": "billing.models.FindingSort",
        "FindingStatusEnum": "billing.models.FindingStatus",
        "CreditNoteToEnum": "billing.models.CreditNoteTo",
        "InvoiceKindEnum": "billing.models.InvoiceKind",
        "InvoiceStatusEnum": "billing.models.InvoiceStatus",
        "LineKindEnum": "billing.models.LineKind",
        "OperationKindEnum": "billing.models.OperationKind",
        "OperationStatusEnum": "billing.models.OperationStatus",
        "OrderStatusEnum": "billing.models.OrderStatus",
        "ProductKindEnum": "catalog.modules.KIND_LABELS",
        "RefundStatusEnum": "billing.models.RefundStatus",
        "RefundWayEnum": "billing.models.RefundWay",
        "ServiceStatusEnum": "billing.models.ServiceStatus",
    },
    "PREPROCESSING_HOOKS": ["billing.api.schema.keep_versioned"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "billing.api.schema.add_problems",
    ],
}

# --- Pages: content security ---------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
# The back office (config/content_security.py): unfold's Alpine evaluates attributes, its widgets carry styles.
ADMIN_CONTENT_SECURITY_POLICY = {
    **CONTENT_SECURITY_POLICY["DIRECTIVES"],
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}

# --- Logs ----------------------------------------------------------------------------------------------------------
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "vault.logs.RedactingFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["redact"]}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        # httpx logs whole URLs at INFO; ours hold no secret, but one line a call is noise.
        "httpx": {"level": "WARNING"},
        "stripe": {"level": "WARNING"},
        # Each step of each PDF, and each table of a font.
        "weasyprint.progress": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
    },
}

# --- The back office -----------------------------------------------------------------------------------------------
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": PORTAL_NAME,
    "SITE_HEADER": PORTAL_NAME,
    "SITE_SUBHEADER": _("Back office"),
    "SITE_SYMBOL": "deployed_code",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "LANGUAGES": {"action": reverse_lazy("account:language")},
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/mark.svg")}],
    "BORDER_RADIUS": "8px",
    "STYLES": [lambda request: static("css/back_office.css")],
    "SCRIPTS": [lambda request: static("js/back_office.js")],
    "LOGIN": {"form": "config.staff_login.StaffLoginForm"},
    "DASHBOARD_CALLBACK": "billing.admin.dashboard.fill",
    "COMMAND": {"search_callback": "billing.admin.search.find_anything"},
    "SIDEBAR": {"show_search": True, "navigation": "billing.admin.navigation.sidebar"},
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 190)",
            "100": "oklch(94% .03 190)",
            "200": "oklch(88% .055 190)",
            "300": "oklch(80% .085 190)",
            "400": "oklch(69% .1 190)",
            "500": "oklch(58% .095 190)",
            "600": "oklch(49% .082 190)",
            "700": "oklch(42% .07 190)",
            "800": "oklch(36% .058 190)",
            "900": "oklch(31% .047 190)",
            "950": "oklch(22% .035 190)",
        }
    },
}
