"""Field management: which manager owns which field, for server-side apply and for every other write.

Pure: the time comes in through the options. Semantics are those of Kubernetes' structured-merge-diff; field sets are
kept in their FieldsV1 form, so nothing is parsed. Neighbour: `structural` holds the schemas.
"""

from devcluster.field_management.applying import ApplyConflict, ApplyOptions, Conflict, apply
from devcluster.field_management.described_fields import ApplyInvalid
from devcluster.field_management.updating import UpdateOptions, record_update

__all__ = ["ApplyConflict", "ApplyInvalid", "ApplyOptions", "Conflict", "UpdateOptions", "apply", "record_update"]
