"""All settings, driven by the environment alone; docs/settings.md explains each variable."""

import os
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from chatsite import environment, logs, providers
from chatsite.environment import read

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where it runs ---------------------------------------------------------------------------------------------------

DEBUG = read("DEBUG", "0", environment.flag)
DEMO = read("DEMO", "0", environment.flag)
PORT = read("PORT", "8000", environment.integer(1, 65535))
BIND = read("BIND", "127.0.0.1", environment.text)
DATA_DIR = read("DATA_DIR", str(BASE_DIR / "var"), environment.directory)
WORKERS = read("WORKERS", "1", environment.integer(1, 64))
SITE_URLS = read("SITE_URL", f"http://localhost:{PORT}", environment.origins)
SITE_URL = SITE_URLS[0]
REACHABLE = environment.reachable(BIND, SITE_URLS)
HTTPS = SITE_URL.startswith("https://")
SECRET_KEY = read("SECRET_KEY", environment.stored_secret(DATA_DIR / "secret-key"), environment.text)
SECRET_KEY_FALLBACKS = read("SECRET_KEY_FALLBACKS", "", str.split)
ALLOWED_HOSTS = environment.hosts(SITE_URLS)
TRUSTED_PROXIES = read("TRUSTED_PROXIES", "0", environment.integer(0, 16))
POST_RATE = read("POST_RATE", "20,2", environment.rate)
ADDRESS_SOCKETS = read("ADDRESS_SOCKETS", "60", environment.integer(0, 100_000))
METRICS_ALLOW = read("METRICS_ALLOW", "loopback", environment.networks)
LOG_FORMAT = read("LOG_FORMAT", "auto", environment.choice("auto", "json", "line"))
SIGNUP = read("SIGNUP", "open", environment.choice("open", "invite", "closed"))

# --- The house -------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "chatsite",  # before daphne: its runserver is ours
    "daphne",
    "accounts",
    "chat",
    "chatsite.desk.DeskConfig",  # django.contrib.admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.mfa",
    "accounts.apps.SessionsConfig",  # allauth.usersessions
    "channels",
    "csp",
]
MIDDLEWARE = [
    "chat.trail.Trail",
    "django.middleware.security.SecurityMiddleware",
    "chat.middleware.Headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # a room page is 45 KB of rows; tokens in it are masked, lengths padded
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "chat.middleware.WrongHost",
    "chat.middleware.CleanCookies",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.languages.Chosen",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.signed_in.Seen",
    "allauth.account.middleware.AccountMiddleware",
    "chat.middleware.CodedErrors",
]
ROOT_URLCONF = "chatsite.urls"
ASGI_APPLICATION = "chatsite.asgi.application"
WSGI_APPLICATION = "chatsite.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "chat.context.site",
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- The record and the bell -----------------------------------------------------------------------------------------

DATABASE_POOL = read("DATABASE_POOL", str(environment.pool_size(WORKERS)), environment.integer(2, 1000))
DATABASES: dict[str, dict[str, Any]] = {
    "default": read("DATABASE_URL", "", environment.database(DATABASE_POOL))
    or environment.sqlite(DATA_DIR / "chatrooms.sqlite3")
}
REDIS_URLS = read("REDIS_URL", "", environment.redis_urls)
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "chatsite.layer.Layer", "CONFIG": {"urls": REDIS_URLS}}
    if REDIS_URLS
    else {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 5000}}
}
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "chatsite.cache.FallbackCache" if REDIS_URLS else "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": REDIS_URLS[0] if REDIS_URLS else "chatrooms",
        # Django's 300 would be washed out by guesses at 300 other names, and with them what was counted for one.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 90

# What one process says reaches the others, and none waits for another's turn to write.
SEVERAL_PROCESSES = bool(REDIS_URLS) and DATABASES["default"]["ENGINE"] != "chatsite.sqlite"
if WORKERS > 1 and not SEVERAL_PROCESSES:
    raise ImproperlyConfigured("WORKERS: more than one process needs REDIS_URL and a PostgreSQL DATABASE_URL")

# --- People ----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.PersonBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "signup": "accounts.forms.SignupForm",
    "add_email": "accounts.mail_forms.AddressForm",
    "change_password": "accounts.mail_forms.NewPasswordForm",
    "set_password": "accounts.mail_forms.FirstPasswordForm",
    "reset_password_from_key": "accounts.mail_forms.ForgottenPasswordForm",
    "reset_password": "accounts.mail_forms.ResetForm",
    "request_login_code": "accounts.mail_forms.LoginCodeForm",
    "confirm_login_code": "accounts.mail_forms.CodeForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = "handle"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_CHANGE_EMAIL = True  # one address each: the new one counts once it is proven
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 60 * 5  # of signing in or confirming; accounts/reauth.py
MFA_ADAPTER = "accounts.factors.FactorsAdapter"
MFA_FORMS = {
    "authenticate": "accounts.factor_forms.SignInCodeForm",
    "reauthenticate": "accounts.factor_forms.ConfirmCodeForm",
    "activate_totp": "accounts.factor_forms.AddAppForm",
    "authenticate_webauthn": "accounts.factor_forms.SignInKeyForm",
    "reauthenticate_webauthn": "accounts.factor_forms.ConfirmKeyForm",
    "login_webauthn": "accounts.factor_forms.PasskeyForm",
    "add_webauthn": "accounts.factor_forms.AddKeyForm",
    "edit_webauthn": "accounts.factor_forms.RenameKeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # half minutes that a phone's clock may be off
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # else who has a factor could not change their address


# Sign-in by other sites: chatsite/providers.py. Their pages need no room in the Content-Security-Policy.
SOCIALACCOUNT_PROVIDERS = providers.from_environment(os.environ)
INSTALLED_APPS += providers.apps(SOCIALACCOUNT_PROVIDERS)
SOCIALACCOUNT_ADAPTER = "accounts.social.SocialAccountAdapter"
SOCIALACCOUNT_FORMS = {"signup": "accounts.social_forms.SocialSignupForm"}
SOCIALACCOUNT_AUTO_SIGNUP = False  # everybody chooses what they are called here
SOCIALACCOUNT_QUERY_EMAIL = True
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5  # seconds of silence; accounts/providers.py bounds the whole of an answer

# --- Mail ------------------------------------------------------------------------------------------------------------

_mail = read("EMAIL_URL", "", environment.email)
EMAIL_BACKEND = _mail.get("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_HOST = _mail.get("EMAIL_HOST", "")
EMAIL_PORT = _mail.get("EMAIL_PORT", 25)
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = _mail.get("DEFAULT_FROM_EMAIL", "chatrooms@localhost")
SENDS_MAIL = bool(_mail)
# An address is proven only where mail arrives; then sign-up, too, tells nobody which addresses have an account.
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if SENDS_MAIL else "none"
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*" if SENDS_MAIL else "email", "password1*"]
ACCOUNT_EMAIL_NOTIFICATIONS = ACCOUNT_LOGIN_BY_CODE_ENABLED = SENDS_MAIL
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 60 * 15  # mail is slow at times
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # in the browser that asked for the account, and no other
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.resets.ResetTokens"  # noqa: S105 - the name of a class
PASSWORD_RESET_TIMEOUT = 60 * 60 * 24

# --- Words and time --------------------------------------------------------------------------------------------------

LANGUAGES = [("en", "English"), ("de", "Deutsch")]  # each as its speakers call it
LANGUAGE_CODE = read("SITE_LANGUAGE", "en", environment.choice(*dict(LANGUAGES)))
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "chatsite.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files ----------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "chatsite.storage.HashedStaticFiles"
    },
}

# --- Headers and cookies ---------------------------------------------------------------------------------------------

_socket_origins = [origin.replace("http", "ws", 1) for origin in SITE_URLS]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF, *_socket_origins],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
# __Host- and Secure cookies only work over https; on plain http the browser would drop them.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = SITE_URLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# The proxy in front redirects to https; the domain's other hosts and the preload list are its owner's to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
CSRF_FAILURE_VIEW = "chat.views.errors.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
FILE_UPLOAD_HANDLERS = [
    "accounts.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- Logs: never message text, tokens or cookies ---------------------------------------------------------------------

LOGGING = logs.config(LOG_FORMAT, debug=DEBUG)
