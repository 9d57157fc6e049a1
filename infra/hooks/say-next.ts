/** After a deployment: asks the app what Meta will ask it, and for its stores, and says what to enter at Meta. azd runs it (azure.yaml). */
const { WEBHOOK_URL = '', API_URL = '', META_VERIFY_TOKEN = '' } = process.env

/** A first start after a deployment may take this long. */
const PATIENCE_MS = 90_000

console.log(`\nAt Meta (your app → WhatsApp → Configuration → Webhook):
  Callback URL   ${WEBHOOK_URL}
  Verify token   the META_VERIFY_TOKEN you gave
  Fields         messages, message_template_status_update, message_template_quality_update,
                 message_template_components_update, template_category_update, account_update, account_alerts,
                 account_review_update, business_capability_update, phone_number_quality_update,
                 phone_number_name_update, security, user_preferences, user_id_update\n`)
console.log(await handshake())
console.log(await stores())

async function handshake(): Promise<string> {
  const query = new URLSearchParams({
    'hub.mode': 'subscribe',
    'hub.verify_token': META_VERIFY_TOKEN,
    'hub.challenge': '1158201444',
  })
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const answer = await fetch(`${WEBHOOK_URL}?${query.toString()}`, { signal })
    if (answer.ok && (await answer.text()) === '1158201444')
      return 'The address answers the handshake: Meta will accept it.'
    return `The address answered ${answer.status}: if roles are still new, restart the app in a minute; else see its log.`
  } catch (error) {
    return `The address does not answer yet (${error instanceof Error ? error.message : String(error)}).`
  }
}

async function stores(): Promise<string> {
  try {
    const answer = await fetch(`${API_URL}/api/ready`, { signal: AbortSignal.timeout(PATIENCE_MS) })
    if (answer.ok) return 'It reaches its stores.'
    return `It does not reach all of its stores yet: ${await answer.text()}`
  } catch (error) {
    return `Its stores are not known: ${error instanceof Error ? error.message : String(error)}.`
  }
}
