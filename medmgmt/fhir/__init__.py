"""The FHIR face: R4 resources in, plain values for the clinic out."""
