"""Static files under hashed names, ES modules and their imports included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """A changed file has a new address, so browsers may keep each one for ever."""

    support_js_module_import_aggregation = True
