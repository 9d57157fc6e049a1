#!/usr/bin/env bash
# infra/deployment.sh validate|what-if|create ENVIRONMENT: the deployment of one environment, with its parameter file and what
# the process environment brings. Secrets go through a file that only this user can read, never over a command line.
set -euo pipefail
action="$1" environment="$2"
cd "$(dirname "$0")"
parameters="env/$environment.parameters.json"
given="$(mktemp)"
trap 'rm -f "$given"' EXIT
jq -n '{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
  contentVersion: "1.0.0.0",
  parameters: ({
    metaAppId: env.META_APP_ID,
    metaAppSecret: env.META_APP_SECRET,
    metaAppSecretPrevious: env.META_APP_SECRET_PREVIOUS,
    metaVerifyToken: env.META_VERIFY_TOKEN,
    jwtKeys: env.JWT_KEYS,
    tokenEncryptionKey: env.TOKEN_ENCRYPTION_KEY,
    googleClientId: env.GOOGLE_CLIENT_ID,
    googleClientSecret: env.GOOGLE_CLIENT_SECRET,
    githubClientId: env.OAUTH_GITHUB_CLIENT_ID,
    githubClientSecret: env.OAUTH_GITHUB_CLIENT_SECRET,
    metaGraphVersion: env.META_GRAPH_VERSION,
    publicUrl: env.PUBLIC_URL,
    corsOrigins: env.CORS_ORIGINS,
    alertEmail: env.ALERT_EMAIL
  } | with_entries(select(.value != null and .value != "") | .value = { value: .value }))
}' > "$given"
location="$(jq -r .parameters.location.value "$parameters")"
arguments=(--location "$location" --template-file main.bicep --parameters "@$parameters" --parameters "@$given")
case "$action" in
  validate) az deployment sub validate "${arguments[@]}" --output none ;;
  what-if) az deployment sub what-if "${arguments[@]}" ;;
  create) az deployment sub create --name "herald-$environment" "${arguments[@]}" --query properties.outputs --output json ;;
  *) echo "validate, what-if or create, not $action" >&2; exit 2 ;;
esac
