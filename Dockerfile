# The image of the operator; docs/image.md says how to build it. The second stage has no compiler, no package manager of
# ours and nothing of the first but the virtual environment.
ARG PYTHON_VERSION=3.13

FROM python:${PYTHON_VERSION}-slim AS build
# Providers to install, separated by spaces; folders in providers/.
ARG PROVIDERS="access-tokens aws kubernetes vault webhook"
WORKDIR /src
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY image image
COPY secrets_operator secrets_operator
COPY providers providers
# hadolint ignore=SC2086 # a list
RUN sh image/install.sh /opt/secrets-operator $PROVIDERS

FROM python:${PYTHON_VERSION}-slim
LABEL org.opencontainers.image.title="secrets-operator" \
      org.opencontainers.image.description="Keeps native Secrets equal to ExternalSecrets and SealedSecrets" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/secrets-operator /opt/secrets-operator
ENV PATH=/opt/secrets-operator/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 65532:65532
EXPOSE 8080 8082
ENTRYPOINT ["secrets-operator"]
CMD ["run"]
