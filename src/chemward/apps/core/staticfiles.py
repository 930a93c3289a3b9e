"""Static files under names that hold their content's hash, so that browsers keep them for good."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class HashedFiles(ManifestStaticFilesStorage):
    """Module imports inside our own scripts are rewritten too; a file that is missing is an error at collection, not at the user's."""

    support_js_module_import_aggregation = True
    manifest_strict = True
