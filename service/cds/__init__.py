"""CDS Hooks 2.0.1 over the façade: discovery, one service per hook, feedback, CORS and errors of that standard.

Reading order: ``settings`` (which clients are known, and what they may read), ``hooks`` (`HOOKS`, what is offered), ``router``
(`cds_router`, the routes, and a request from its checking to its cards), ``trust`` (who signed a request), ``resources`` (what a request
or a server says of a kind of resource), ``fhir`` (`FhirReader`, allowed reads only), ``note`` (which document it is, and its text);
around them ``middleware`` (CORS, and errors as OperationOutcome, which ``outcome`` words).

Cards are decided in `models.cds`. Neither notes nor tokens nor comments are logged or repeated.
"""
