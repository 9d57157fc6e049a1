/** Control routes for WABAs, phone numbers, tokens and templates: add them, change them, let Meta decide about them. */
import { randomBytes } from 'node:crypto'
import type { Route, Routes } from './control.ts'
import type { Call } from './http.ts'
import { idOf, isObject, listOf, textOf } from './json.ts'
import type { Json } from './json.ts'
import { announce, announceStatus, identity, reject } from './template-review.ts'
import type { Template } from './template-types.ts'
import { createTemplate } from './templates.ts'
import { allScopes, issueToken } from './tokens.ts'
import { addPhoneNumber, addWaba, firstWabaId } from './world-setup.ts'
import { digitsOf, newId } from './world.ts'
import type { PhoneNumber, Throughput, World } from './world.ts'

export const accountRoutes: Routes = {
  'POST wabas': postWaba,
  'POST phone-numbers': postPhoneNumber,
  'PATCH phone-numbers/*': patchPhoneNumber,
  'POST tokens': postToken,
  'DELETE tokens': revokeToken,
  'POST codes': postCode,
  'POST templates': postTemplate,
  'POST templates/*/event': postTemplateEvent,
}

function postWaba(world: World, { fields }: Call): Json {
  const waba = addWaba(world, {
    id: idOf(fields?.['id']) ?? newId(world),
    ...(textOf(fields?.['name']) !== undefined && { name: String(fields?.['name']) }),
    ...(idOf(fields?.['business_id']) !== undefined && { businessId: String(fields?.['business_id']) }),
    subscribed: fields?.['subscribed'] !== false,
  })
  return { waba_id: waba.id }
}

function postPhoneNumber(world: World, { fields }: Call): Json {
  const body = fields ?? {}
  const wabaId = idOf(body['waba_id']) ?? firstWabaId
  if (!world.wabas.has(wabaId)) throw new TypeError(`There is no WABA ${wabaId}`)
  const id = idOf(body['id']) ?? newId(world)
  const number = addPhoneNumber(world, {
    id,
    displayPhoneNumber: textOf(body['display_phone_number']) ?? `+1 555-${id.slice(-8, -5)}-${id.slice(-5, -1)}`,
    wabaId,
    ...changesOf(body),
  })
  return { phone_number_id: number.id, waba_id: wabaId, display_phone_number: number.displayPhoneNumber }
}

/** Meta changes a number: what is visible to the business is also announced by webhook. */
function patchPhoneNumber(world: World, { fields }: Call, { id }: Parameters<Route>[2]): Json {
  const number = world.phoneNumbers.get(id)
  if (!number) throw new TypeError(`There is no phone number ${id}`)
  const before = { ...number }
  Object.assign(number, changesOf(fields ?? {}))
  world.store.put('phone_number', number.id, number)
  const isUpgrade = before.throughput === 'STANDARD' && number.throughput === 'HIGH'
  if (isUpgrade || before.tier !== number.tier) {
    const value = {
      display_phone_number: digitsOf(number.displayPhoneNumber),
      event: isUpgrade ? 'THROUGHPUT_UPGRADE' : 'ONBOARDING',
      current_limit: number.tier,
      max_daily_conversations_per_business: number.tier,
    }
    world.outbox.addValue({
      due: world.now(),
      wabaId: number.wabaId,
      phoneNumberId: id,
      field: 'phone_number_quality_update',
      value,
    })
  }
  return { success: true }
}

function changesOf(body: Json): Partial<PhoneNumber> {
  const throughput = textOf(body['throughput'])
  if (throughput !== undefined && throughput !== 'STANDARD' && throughput !== 'HIGH') {
    throw new TypeError('throughput must be STANDARD or HIGH')
  }
  const [status, tier, qualityRating, verifiedName] = ['status', 'tier', 'quality_rating', 'verified_name'].map(
    (name) => textOf(body[name]),
  )
  return {
    ...(throughput !== undefined && { throughput: throughput satisfies Throughput }),
    ...(status !== undefined && { status }),
    ...(tier !== undefined && { tier }),
    ...(qualityRating !== undefined && { qualityRating }),
    ...(verifiedName !== undefined && { verifiedName }),
  }
}

function postToken(world: World, { fields }: Call): Json {
  const body = fields ?? {}
  const life = body['expires_in']
  const token = issueToken(world, {
    ...(textOf(body['value']) !== undefined && { value: String(body['value']) }),
    wabaIds: Array.isArray(body['waba_ids']) ? body['waba_ids'].map(String) : null,
    scopes: Array.isArray(body['scopes']) ? body['scopes'].map(String) : allScopes,
    type: body['type'] === 'USER' ? 'USER' : 'SYSTEM_USER',
    // A negative life makes a token that has expired already.
    expiresAt: typeof life === 'number' ? world.now() + life * 1000 : 0,
  })
  return { access_token: token.value }
}

function revokeToken(world: World, { fields, query }: Call): Json {
  const value = textOf(fields?.['value']) ?? query.get('value') ?? ''
  world.store.remove('token', value)
  return { success: world.tokens.delete(value) }
}

/** A code as Embedded Signup hands it to the browser. */
function postCode(world: World, { fields }: Call): Json {
  const code = `AQ${randomBytes(40).toString('base64url')}`
  const wabaIds = fields?.['waba_ids']
  world.codes.set(code, {
    wabaIds: Array.isArray(wabaIds) ? wabaIds.map(String) : null,
    expiresAt: world.now() + 30_000,
  })
  return { code }
}

/** A template that is approved from the start, by the same rules as through Graph but without a review. */
function postTemplate(world: World, call: Call): Json {
  const waba = world.wabas.get(idOf(call.fields?.['waba_id']) ?? firstWabaId)
  if (!waba) throw new TypeError('There is no such WABA')
  const id = String(createTemplate(world, waba, call)['id'])
  const template = world.templates.find(id)
  if (!template) throw new TypeError('The template was not created')
  template.status = textOf(call.fields?.['status']) ?? 'APPROVED'
  template.wasApproved = template.status === 'APPROVED'
  // The review that was planned finds nothing to decide.
  template.reviewAt = null
  world.templates.put(template)
  return { id, name: template.name, language: template.language, status: template.status, category: template.category }
}

/** `{event}`, `{quality}`, `{correct_category}`, `{new_category}` or `{pacing}`: what Meta does to a template later. */
function postTemplateEvent(world: World, { fields }: Call, { id }: Parameters<Route>[2]): Json {
  const template = world.templates.find(id)
  if (!template) throw new TypeError(`There is no template ${id}`)
  const body = fields ?? {}
  const event = textOf(body['event'])?.toUpperCase()
  if (event !== undefined) happen(world, template, event, body)
  const quality = textOf(body['quality'])
  if (quality !== undefined) {
    const value = { previous_quality_score: template.quality, new_quality_score: quality, ...identity(template) }
    template.quality = quality
    announce(world, template, 'message_template_quality_update', value)
  }
  changeCategory(world, template, body)
  const pacing = textOf(body['pacing'])
  if (pacing === 'none' || pacing === 'release' || pacing === 'drop') template.pacing = pacing
  world.templates.put(template)
  return { id, status: template.status, category: template.category, quality: template.quality }
}

const statusAfter: Readonly<Record<string, string>> = {
  UNPAUSE: 'APPROVED',
  REINSTATED: 'APPROVED',
  FLAGGED: 'APPROVED',
  UNARCHIVED: 'APPROVED',
}

function happen(world: World, template: Template, event: string, body: Json): void {
  template.reviewAt = null
  if (event === 'REJECTED') {
    reject(world, template, textOf(body['reason']) ?? 'INVALID_FORMAT')
    return
  }
  template.status = statusAfter[event] ?? event
  template.wasApproved ||= template.status === 'APPROVED'
  announceStatus(world, template, event === 'UNPAUSE' ? 'APPROVED' : event, detailsOf(world, event, body))
}

function detailsOf(world: World, event: string, body: Json): Json {
  if (isObject(body['details'])) return body['details']
  const title = textOf(body['title'])
  if (event === 'PAUSED') {
    const description = 'Your WhatsApp message template has been paused for 3 hours.'
    return { other_info: { title: title ?? 'FIRST_PAUSE', description } }
  }
  if (event === 'DISABLED') {
    const description = 'Your WhatsApp message template has been disabled.'
    return {
      disable_info: { disable_date: Math.floor(world.now() / 1000) },
      other_info: { title: title ?? 'DISABLED', description },
    }
  }
  if (event === 'PENDING_DELETION') return { reason: null }
  return listOf(body['reason']).length === 0 && textOf(body['reason']) !== undefined ? { reason: body['reason'] } : {}
}

function changeCategory(world: World, template: Template, body: Json): void {
  const correct = textOf(body['correct_category'])
  const changed = textOf(body['new_category'])
  if (correct !== undefined) {
    template.correctCategory = correct
    announce(world, template, 'template_category_update', {
      ...identity(template),
      new_category: template.category,
      correct_category: correct,
      category_update_timestamp: Math.floor(world.now() / 1000) + 24 * 3600,
    })
  }
  if (changed === undefined) return
  template.previousCategory = template.category
  template.category = changed
  template.correctCategory = null
  const value = { ...identity(template), previous_category: template.previousCategory, new_category: changed }
  announce(world, template, 'template_category_update', value)
}
