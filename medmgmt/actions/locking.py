"""The lock that every act on one prescription takes first."""

from medmgmt.record import access
from medmgmt.record.models import Patient, Prescription, User


def prescription(by: User, act: str, prescription_id: int) -> tuple[Patient, Prescription]:
    """The locked patient and one of their prescriptions, read after the lock; unknown and foreign sound the same."""
    patient_id = Prescription.objects.filter(pk=prescription_id).values_list("patient_id", flat=True).first()
    patient = access.patient_for(by, act, patient_id or 0, lock=True)
    return patient, Prescription.objects.select_related("patient").get(pk=prescription_id, patient=patient)
