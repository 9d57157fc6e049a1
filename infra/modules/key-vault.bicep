// The secrets Herald is given, readable by its identity only (roles.bicep), and the key that wraps what seals Meta's tokens. A
// secret is named like its app setting, with dashes: Key Vault allows no underscores.
param name string
param location string
param tags object
param purgeProtection bool
param wrappingKeyName string

@secure()
param metaAppSecret string

@secure()
param metaAppSecretPrevious string

@secure()
param metaVerifyToken string

@secure()
param jwtKeys string

@secure()
param tokenEncryptionKey string

@secure()
param googleClientSecret string

@secure()
param githubClientSecret string

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    // Azure refuses `false`: what was never protected has no value here.
    enablePurgeProtection: purgeProtection ? true : null
    publicNetworkAccess: 'Enabled'
  }
}

resource metaAppSecretEntry 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: 'META-APP-SECRET'
  properties: { value: metaAppSecret }
}

resource metaAppSecretPreviousEntry 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (!empty(metaAppSecretPrevious)) {
  parent: vault
  name: 'META-APP-SECRET-PREVIOUS'
  properties: { value: metaAppSecretPrevious }
}

resource metaVerifyTokenEntry 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: 'META-VERIFY-TOKEN'
  properties: { value: metaVerifyToken }
}

resource jwtKeysEntry 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: 'JWT-KEYS'
  properties: { value: jwtKeys }
}

resource tokenEncryptionKeyEntry 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (!empty(tokenEncryptionKey)) {
  parent: vault
  name: 'TOKEN-ENCRYPTION-KEY'
  properties: { value: tokenEncryptionKey }
}

resource googleClientSecretEntry 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (!empty(googleClientSecret)) {
  parent: vault
  name: 'GOOGLE-CLIENT-SECRET'
  properties: { value: googleClientSecret }
}

resource githubClientSecretEntry 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (!empty(githubClientSecret)) {
  parent: vault
  name: 'GITHUB-CLIENT-SECRET'
  properties: { value: githubClientSecret }
}

// A deployment makes it once, and neither changes it nor makes a new version. Versions do not end: what the first one has
// wrapped has to open for as long as it is stored.
resource wrappingKey 'Microsoft.KeyVault/vaults/keys@2025-05-01' = {
  parent: vault
  name: wrappingKeyName
  properties: {
    kty: 'RSA'
    keySize: 3072
    keyOps: ['wrapKey', 'unwrapKey']
    attributes: { enabled: true, exportable: false }
    rotationPolicy: {
      lifetimeActions: [
        { trigger: { timeAfterCreate: 'P1Y' }, action: { type: 'rotate' } }
      ]
    }
  }
}

output name string = vault.name
