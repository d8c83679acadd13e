"""Every address of the portal. Each view is guarded or says why it is public."""

urlpatterns: list = []
