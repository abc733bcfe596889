import type { Target } from '../../../src/model/targets/index.ts'
import { targetContract } from '../../contracts/target.ts'

const memory: Target = { transport: 'memory' }

targetContract({
  transport: 'memory',
  specs: [
    [{}, memory],
    [{ address: '192.0.2.7' }, memory],
  ],
  refused: [],
  different: [{}, { address: '192.0.2.7' }, { address: '192.0.2.7' }],
  reported: [
    { target: memory, reporter: { transport: 'ssh', address: '192.0.2.9', ssh: {} }, believed: undefined },
    { target: memory, reporter: memory, believed: memory },
  ],
})
