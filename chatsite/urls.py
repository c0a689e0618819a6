"""Every address of the site."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from accounts import social_urls
from chat.views.errors import nowhere

# One way in: sign-in through allauth has the rate limits and the ban check that the admin's own form lacks.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("chat.urls")),
    path("", include("accounts.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    *social_urls.addresses(),
    # The admin's jump to an object's page would tell the addresses of private rooms.
    path("admin/r/<path:target>", nowhere, name="admin_jump"),
    path("admin/", admin.site.urls),
]

handler400 = "chat.views.errors.bad_request"
handler403 = "chat.views.errors.permission_denied"
handler404 = "chat.views.errors.page_not_found"
handler429 = "chat.views.errors.too_many"  # allauth asks for this one
handler500 = "chat.views.errors.server_error"
