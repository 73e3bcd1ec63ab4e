"""CDS Hooks 2.0.1 over the façade.

Reading order: ``settings`` (which clients are known, and what they may read), ``router`` (`cds_router`, a request from its checking to
its cards, and `CdsEdge` around the application), ``trust`` (who signed a request), ``resources`` (what a request or a server says of a
kind of resource), ``fhir`` (`FhirReader`, allowed reads only), ``note`` (which document it is, and its text).
"""
