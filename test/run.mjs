// Runs one suite with uvu and refuses a run in which no test ran: uvu itself exits 0 when it found none.
import { spawn } from 'node:child_process'

const suite = process.argv[2] === 'lab' ? 'lab' : 'main'
const pattern = process.argv[suite === 'lab' ? 3 : 2] ?? '.'
const args =
  suite === 'lab' ? ['test/lab', `${pattern}.*\\.lab\\.ts$`] : ['test', `${pattern}.*\\.test\\.ts$`]
const child = spawn(process.execPath, ['--import', 'tsx', 'node_modules/uvu/bin.js', ...args], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
let output = ''
child.stdout.on('data', (chunk) => {
  output += chunk
  process.stdout.write(chunk)
})
child.on('close', (code) => {
  const plain = output.replaceAll(/\x1b\[[0-9;]*m/g, '')
  const count = (label) => Number(new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'm').exec(plain)?.[1] ?? 0)
  const total = count('Total')
  const passed = count('Passed')
  const skipped = count('Skipped')
  console.log(`${passed} passed, ${total - passed} failed, ${skipped} skipped`)
  if (total === 0) {
    console.error(`no test ran (suite ${suite}, pattern ${pattern})`)
    process.exit(1)
  }
  process.exit(code === 0 && passed === total ? 0 : 1)
})
