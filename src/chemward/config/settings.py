"""Django settings. What differs between installations comes from the environment or from the installation's secrets."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlparse

from chemward.telemetry.installation import Installation

PACKAGE = Path(__file__).resolve().parent.parent
INSTALLATION = Installation.from_environment()
_secrets = INSTALLATION.secrets()

SECRET_KEY = _secrets["django_key"]
DEBUG = os.environ.get("CHEMWARD_DEBUG") == "1"
# Demo users, the style guide and the simulator exist only under this flag.
DEMO = os.environ.get("CHEMWARD_DEMO") == "1"
# As the door sees it: a certificate of the site's own is reason enough.
TLS = os.environ.get("CHEMWARD_TLS") == "1" or bool(os.environ.get("CHEMWARD_TLS_CERT"))
ALLOWED_HOSTS = os.environ.get("CHEMWARD_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("CHEMWARD_ORIGINS", "").split(",") if o]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "django_tables2",
    "django_filters",
    "ninja",
    "chemward.apps.core",
    "chemward.apps.assets",
    "chemward.apps.followup",
    "chemward.apps.monitoring",
    "chemward.apps.overview",
]
if DEMO:
    INSTALLED_APPS.append("chemward.demo")

MIDDLEWARE = [
    "chemward.apps.core.middleware.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "chemward.apps.core.middleware.ActorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "chemward.config.urls"
WSGI_APPLICATION = "chemward.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "chemward.apps.core.context.page",
            ],
        },
    }
]


def _database() -> dict[str, object]:
    url = os.environ.get("CHEMWARD_DATABASE")
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": INSTALLATION.database,
            "OPTIONS": {
                # Writers take the lock at BEGIN and wait for each other instead of failing half-way.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-65536;PRAGMA mmap_size=268435456;",
            },
        }
    parts = urlparse(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError("CHEMWARD_DATABASE: expected postgresql://user:password@host:port/name")
    query = dict(p.split("=", 1) for p in parts.query.split("&") if "=" in p)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "core:login"
LOGIN_REDIRECT_URL = "/"

# Lock-out by user and address together: one mistyping colleague behind the same gateway must not lock out the duty room.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_VERBOSE = False
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_IPWARE_PROXY_COUNT = 1

SESSION_ENGINE = "django.contrib.sessions.backends.db"
# No write per request: the idle time-out is kept by the signed cookie's age (core.middleware), not by touching the row.
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = TLS
CSRF_COOKIE_SECURE = TLS
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
USE_X_FORWARDED_HOST = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
IDLE_TIMEOUT_S = int(os.environ.get("CHEMWARD_IDLE_TIMEOUT_S", "1800"))

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = INSTALLATION.data / "static"
STATICFILES_DIRS = [("vendor", PACKAGE / "vendor")] if (PACKAGE / "vendor").is_dir() else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": INSTALLATION.data / "files"}},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or os.environ.get("CHEMWARD_TESTING") == "1"
        else "chemward.apps.core.staticfiles.HashedFiles"
    },
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
FILE_UPLOAD_PERMISSIONS = 0o600
ATTACHMENT_MAX_BYTES = 50 * 2**20

DJANGO_TABLES2_TABLE_ATTRS = {"class": "tb"}
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
TEST_RUNNER = "django.test.runner.DiscoverRunner"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"err": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["err"], "level": "INFO"},
    "loggers": {"django.request": {"level": "ERROR"}, "axes": {"level": "WARNING"}},
}
