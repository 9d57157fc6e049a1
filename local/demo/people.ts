/** Invented people in the scripts a contact list holds, and the labels that teams stick on them. */

interface Names {
  given: readonly string[]
  family: readonly string[]
  /** How the two are joined. */
  join: (given: string, family: string) => string
}

const western = (given: string, family: string): string => `${given} ${family}`
const familyFirst = (given: string, family: string): string => `${family}${given}`

export const NAMES: readonly Names[] = [
  {
    given: ['Anna', 'José', 'Zoë', 'François', 'Łukasz', 'Søren', 'Çağla', 'Nguyễn Thị', 'Márton', 'Štěpán', 'Ísadóra'],
    family: [
      'Müller',
      'García Núñez',
      'Lefèvre',
      'Wójcik',
      'Ødegård',
      'Yıldız',
      'Hương',
      'Szőke',
      'Dvořák',
      'Þórsdóttir',
    ],
    join: western,
  },
  {
    given: ['Olivia', 'Noah', 'Amara', 'Liam', 'Sofia', 'Mateus', 'Grace', 'Tendai', 'Emily', 'Kwame'],
    family: ['Smith', "O'Connor", 'Okafor', 'Silva', 'Jones-Baker', 'Moyo', 'van der Berg', 'McDonald', 'Rossi'],
    join: western,
  },
  {
    given: ['Мария', 'Алексей', 'Олена', 'Пётр', 'Ђорђе', 'Йоана'],
    family: ['Иванова', 'Кузнецов', 'Шевченко', 'Ёлкин', 'Петровић', 'Георгиева'],
    join: western,
  },
  {
    given: ['محمد', 'فاطمة', 'أحمد', 'نور', 'سارة', 'مریم'],
    family: ['الهاشمي', 'عبد الله', 'بن علي', 'حسن', 'رضایی'],
    join: western,
  },
  {
    given: ['प्रिया', 'अर्जुन', 'किरण', 'राजेश', 'अनीता'],
    family: ['शर्मा', 'पटेल', 'सिंह', 'गुप्ता', 'कुमार'],
    join: western,
  },
  { given: ['伟', '秀英', '子涵', '浩然', '佳怡'], family: ['王', '李', '张', '陳', '歐陽'], join: familyFirst },
  { given: ['さくら', '健太', 'アンナ', '陽子', '大輔'], family: ['田中', '佐藤', '渡邊', '髙橋'], join: familyFirst },
  { given: ['민준', '서연', '지우', '하은'], family: ['김', '이', '박', '최'], join: familyFirst },
  { given: ['Ελένη', 'Γιώργος', 'Σοφία', 'Οδυσσεύς'], family: ['Παπαδοπούλου', 'Νικολάου', 'Γεωργίου'], join: western },
  { given: ['נועם', 'תמר', 'יוסף', 'שירה'], family: ['כהן', 'לוי', 'פרץ', 'ביטון'], join: western },
  { given: ['สมชาย', 'มะลิ', 'อรุณ'], family: ['ใจดี', 'ศรีสุข', 'ทองคำ'], join: western },
  { given: ['🌸 Lily', 'Max 🚀', '👩‍👩‍👧 Familie', '☕ Café'], family: ['Rose', '✨', 'Bauer', 'Ñandú'], join: western },
]

/** Names that break careless readers of CSV. */
export const AWKWARD_NAMES: readonly string[] = [
  'Smith, John "Jack"',
  'Bäckerei "Zum Korn"; Filiale 2',
  'Anna\nMüller',
  '=SUM(A1:A9)',
  "D'Angelo, María-José",
  '  Two   Spaces ',
]

export const TAGS: readonly string[] = [
  'VIP',
  'vip',
  'newsletter',
  'new customer',
  'Wholesale',
  'Berlin',
  'black friday 2025',
  'événement',
  'постоянный клиент',
  '常客',
  'عميل جديد',
  'paid ✅',
]
