/** The words by which a person stops and resumes marketing messages, in a message that is nothing but such a word. */
import { foldName } from './fold.ts'

/** Words that also mean something else in a chat ("cancel", "end") are left to the workspaces. */
export const OPT_OUT_WORDS: readonly string[] = [
  ...[
    'stop',
    'stop all',
    'stopall',
    'stop promotions',
    'unsubscribe',
    'unsubscribe me',
    'opt out',
    'optout',
    'opt-out',
  ],
  ...['stopp', 'abmelden', 'abbestellen', 'austragen', 'keine werbung', 'werbung abbestellen'],
  ...['baja', 'darme de baja', 'dar de baja', 'cancelar suscripción', 'desuscribir', 'no más publicidad'],
  ...['arrêt', 'arrêter', 'désabonner', 'me désabonner', 'se désabonner', 'désinscrire', 'désinscription'],
  ...['disiscrivimi', 'disiscriviti', 'annulla iscrizione', 'cancellami', 'basta pubblicità'],
  ...['sair', 'parar', 'descadastrar', 'cancelar inscrição', 'cancelar subscrição'],
  ...[
    'afmelden',
    'uitschrijven',
    'wypisz',
    'wypisz mnie',
    'rezygnuję',
    'avsluta',
    'afmeld',
    'meld meg av',
    'peruuta tilaus',
  ],
  ...[
    'стоп',
    'отписаться',
    'отписка',
    'відписатися',
    'abonelikten çık',
    'ret',
    'dezabonare',
    'odhlásit',
    'leiratkozás',
  ],
  ...[
    'إيقاف',
    'الغاء الاشتراك',
    'إلغاء الاشتراك',
    'הסר',
    'הסרה',
    'रोकें',
    'बंद करें',
    'berhenti',
    'berhenti langganan',
    'huỷ đăng ký',
  ],
  ...['停止', '配信停止', '解除', '退订', '退訂', '取消订阅', '取消訂閱', '수신거부', '수신 거부', 'ยกเลิก', 'διαγραφή'],
]

export const OPT_IN_WORDS: readonly string[] = [
  ...['start', 'unstop', 'subscribe', 'resubscribe', 'opt in', 'optin', 'opt-in'],
  ...['anmelden', 'abonnieren', 'alta', 'suscribir', 'suscribirme', "s'abonner", "m'abonner", 'iscrivimi', 'inscrever'],
  ...[
    'aanmelden',
    'inschrijven',
    'zapisz mnie',
    'подписаться',
    'підписатися',
    'abone ol',
    'اشتراك',
    'הצטרפות',
    'सदस्यता लें',
  ],
  ...['berlangganan', '订阅', '訂閱', '購読', '配信再開', '수신동의'],
]

/** No longer text is a word, whatever a workspace lists. */
const LONGEST_TEXT = 100

/** The form words are compared in: no case, no accents, and nothing that is neither letter nor digit around them. */
export function foldWord(text: string): string {
  return foldName(text.slice(0, LONGEST_TEXT))
    .replace(/^[^\p{L}\p{N}\p{M}]+|[^\p{L}\p{N}\p{M}]+$/gu, '')
    .replaceAll('’', "'")
}

/** False without asking anybody for most of what people write. */
export function couldBeWord(text: string): boolean {
  const trimmed = text.trim()
  return trimmed !== '' && trimmed.length <= LONGEST_TEXT && trimmed.split(/\s+/).length <= MAX_WORDS_IN_ONE
}

const MAX_WORDS_IN_ONE = 6

export function isAmong(text: string, words: readonly string[]): boolean {
  const folded = foldWord(text)
  return folded !== '' && words.some((word) => foldWord(word) === folded)
}
