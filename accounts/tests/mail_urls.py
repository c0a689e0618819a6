"""The site's addresses as they are with EMAIL_URL."""

from allauth.account import views
from django.urls import path

from chatsite import urls

urlpatterns = [
    path("accounts/login/code/", views.request_login_code, name="account_request_login_code"),
    *urls.urlpatterns,
]
