# The bundle is trained while the image is built; the first start signs it with a key made there. The service runs without root.
#   docker build -t soapcode .
#   docker run --rm -v soapcode:/var/lib/soapcode soapcode keys create front-desk
#   docker run -d --name soapcode --read-only --tmpfs /tmp -v soapcode:/var/lib/soapcode -p 127.0.0.1:8000:8000 soapcode
# With the driver of PostgreSQL: docker build --build-arg LOCK=postgres -t soapcode .
# The training in the build needs 4 GiB of memory. No key is in the image: those of bundles and store are made in the volume.
ARG PYTHON=3.11-slim-bookworm
FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/soapcode
ARG LOCK=run
COPY requirements/run.txt requirements/postgres.txt requirements/
RUN /opt/soapcode/bin/pip install --require-hashes -r requirements/${LOCK}.txt
COPY pyproject.toml README.md LICENSE ./
COPY corpus corpus
COPY nlp nlp
COPY models models
COPY service service
RUN /opt/soapcode/bin/pip install --no-deps --no-build-isolation .
RUN SOAPCODE_HOME=/tmp/made /opt/soapcode/bin/soapcode train && mv /tmp/made/bundles /opt/shipped && rm -r /tmp/made \
    && chmod -R go-w,a+rX /opt/shipped && install -d /var/lib/soapcode

FROM python:${PYTHON}
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin soapcode
COPY --from=build /opt/soapcode /opt/soapcode
COPY --from=build /opt/shipped /opt/shipped
COPY --from=build --chown=10001:10001 /var/lib/soapcode /var/lib/soapcode
ENV SOAPCODE_HOME=/var/lib/soapcode SOAPCODE_SHIPPED=/opt/shipped SOAPCODE_HOST=0.0.0.0 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
VOLUME /var/lib/soapcode
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["/opt/soapcode/bin/python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ.get('SOAPCODE_PORT', '8000') + '/readyz', timeout=4)"]
ENTRYPOINT ["/opt/soapcode/bin/soapcode"]
CMD ["serve"]
