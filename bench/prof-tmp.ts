import { runCampaigns } from './campaigns/send.ts'
import { aSetting } from './campaigns/setting.ts'
import { prepareFloor, sendFloor } from './campaigns/floor.ts'
import { statusFloor } from './campaigns/status-floor.ts'
const N = Number(process.argv[2] ?? 3000)
const mark = (n: string) => console.log('MARK', n, Number(process.hrtime.bigint() / 1000n))
const setting = await aSetting({ hosts: 1, numbers: 8 })
await setting.haveContacts(N)
const run = await runCampaigns(setting, N, 1)
mark('statuses')
const c = await run.countStatuses(1)
mark('end')
console.log(JSON.stringify(c))
await setting.simulator.holdWebhooks()
await prepareFloor(setting)
await sendFloor(setting, N)
mark('floor')
console.log('floor', await statusFloor(setting, c, 1))
mark('end')
await setting.stack.stop()
process.exit(0)
