"""The addresses of sign-in by other sites: two for each provider that is on, and none at all when none is."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path

from chatsite.providers import OIDC, SUB_ID


def addresses() -> list[URLPattern]:
    """Not allauth's own lists: Google's holds one more way in, past our fences. Imported only where they are used."""
    on = settings.SOCIALACCOUNT_PROVIDERS
    if not on:
        return []
    from allauth.socialaccount import views as allauth_views

    from accounts.views import social

    found = [
        path("accounts/3rdparty/", social.connected, name="socialaccount_connections"),
        path("accounts/3rdparty/signup/", social.SignupView.as_view(), name="socialaccount_signup"),
        path("accounts/3rdparty/login/cancelled/", allauth_views.login_cancelled, name="socialaccount_login_cancelled"),
        path("accounts/3rdparty/login/error/", allauth_views.login_error, name="socialaccount_login_error"),
    ]
    for name in on:
        found += _openid_connect() if name == OIDC.app else _pair(name)
    return found


def _pair(name: str) -> list[URLPattern]:
    from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView

    from accounts import providers
    from accounts.views import social

    adapter = {"google": providers.GoogleAdapter, "github": providers.GitHubAdapter}[name]
    out, back = OAuth2LoginView.adapter_view(adapter), OAuth2CallbackView.adapter_view(adapter)
    return [
        path(f"accounts/{name}/login/", social.start(out, name), name=f"{name}_login"),
        path(f"accounts/{name}/login/callback/", social.callback(back, name), name=f"{name}_callback"),
    ]


def _openid_connect() -> list[URLPattern]:
    from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView

    from accounts.providers import OpenIDConnectAdapter
    from accounts.views import social

    def view(kind: Any) -> Any:
        def asked(request: HttpRequest, provider_id: str) -> HttpResponseBase:
            answer: HttpResponseBase = kind.adapter_view(OpenIDConnectAdapter(request, provider_id))(request)
            return answer

        return asked

    out, back = social.start(view(OAuth2LoginView), SUB_ID), social.callback(view(OAuth2CallbackView), SUB_ID)
    here, part = f"accounts/{SUB_ID}/login/", {"provider_id": SUB_ID}  # allauth asks for addresses by this part
    return [
        path(here, out, part, name="openid_connect_login"),
        path(f"{here}callback/", back, part, name="openid_connect_callback"),
    ]
