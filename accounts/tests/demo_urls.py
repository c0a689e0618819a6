"""The site's addresses as they are with DEMO=1."""

from django.urls import path

from accounts.views import demo
from chatsite import urls

urlpatterns = [path("demo/<str:token>/", demo.sign_in, name="demo_sign_in"), *urls.urlpatterns]
