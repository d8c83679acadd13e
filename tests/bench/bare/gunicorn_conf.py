"""The portal's server settings, without the document process the portal starts beside each worker."""

from spo_portal.gunicorn_conf import *  # noqa: F403

del post_worker_init  # noqa: F821
