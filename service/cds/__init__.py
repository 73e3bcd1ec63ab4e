"""CDS Hooks 2.0.1 over the façade: discovery, one service per hook, feedback, CORS and errors of that standard.

Reading order: ``settings`` (which clients are known, and what they may read), ``hooks`` (`HOOKS`, what is offered), ``router``
(`mount_cds` and the routes); then a request on its way: ``request`` (what must hold of it), ``trust`` (who signed it), ``call``
(`Call`, from its checking to its cards), ``resources`` (what a request or a server says of a kind of resource), ``fhir``
(`FhirReader`, allowed reads only), ``note`` (which document it is, and its text). ``feedback`` turns outcomes of cards into decisions on
codes, by what ``state`` remembers of the cards. Around it all is ``middleware`` (CORS, and errors as ``outcome`` words them).

Cards are decided in `models.cds`. Neither notes nor tokens nor comments are logged or repeated.
"""
