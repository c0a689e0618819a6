"""The site's addresses as they are with providers; imported only while those are on."""

from accounts import social_urls
from chatsite import urls
from chatsite.urls import handler400, handler403, handler404, handler429, handler500

__all__ = ["handler400", "handler403", "handler404", "handler429", "handler500"]

urlpatterns = [*social_urls.addresses(), *urls.urlpatterns]
