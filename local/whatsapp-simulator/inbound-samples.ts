/** What a message of each type contains where the test does not say. */
import type { Json } from './json.ts'

export const sampleContent: Readonly<Record<string, Json>> = {
  text: { body: 'Does it come in another color?' },
  image: { caption: 'Taj Mahal', mime_type: 'image/jpeg' },
  video: { caption: 'Timelapse of growth', mime_type: 'video/mp4' },
  audio: { mime_type: 'audio/ogg; codecs=opus', voice: true },
  document: { caption: 'my receipt', filename: 'receipt.pdf', mime_type: 'application/pdf' },
  sticker: { mime_type: 'image/webp', animated: true },
  location: {
    address: '101 Forest Ave, Palo Alto, CA 94301',
    latitude: 37.44221496582,
    longitude: -122.16165924072,
    name: 'Philz Coffee',
    url: 'https://philzcoffee.com/',
  },
  contacts: {
    name: { first_name: 'Barbara', last_name: 'Johnson', formatted_name: 'Barbara J. Johnson' },
    org: { company: 'Social Tsunami' },
    phones: [{ phone: '+1 (555) 555-0829', wa_id: '15555550829', type: 'MOBILE' }],
  },
  interactive: { type: 'button_reply', button_reply: { id: 'cancel-button', title: 'Cancel' } },
  button: { payload: 'Unsubscribe', text: 'Unsubscribe' },
  order: {
    catalog_id: '194836000000001',
    text: 'Love these!',
    product_items: [{ product_retailer_id: 'SKU-0001', quantity: 2, item_price: 30, currency: 'USD' }],
  },
  system: { body: 'User changed their number', wa_id: '15550004321', type: 'user_changed_number' },
  unsupported: { type: 'poll_creation' },
}
