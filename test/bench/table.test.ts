import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { renderResult } from '../../bench/table.ts'

const usage = (wallMs: number, cpuMs: number, peakMb: number) => ({ wallMs, cpuMs, peakMb })

test('shows each figure beside its ratio to the floor, and how compiling grows', () => {
  const section = renderResult({
    hosts: 'hosts of some kind',
    workload: 'a file per host',
    cores: 2,
    node: '20.20.0',
    runs: 5,
    start: { helpMs: 91.4, nodeMs: 45.2 },
    converge: [
      {
        hosts: 1,
        floor: { first: usage(1000, 100, 50), noOp: usage(200, 100, 50), change: usage(250, 100, 50) },
        converge: {
          first: usage(2500, 500, 80),
          noOp: usage(300, 250, 60),
          dryRun: usage(400, 260, 70),
          change: usage(500, 300, 70),
        },
      },
    ],
    footprint: {
      floor: { first: { roundTrips: 8, processes: 70 }, noOp: { roundTrips: 8, processes: 9 } },
      converge: {
        first: { roundTrips: 20, processes: 190 },
        noOp: { roundTrips: 10, processes: 26 },
        dryRun: { roundTrips: 10, processes: 34 },
        change: { roundTrips: 20, processes: 96 },
      },
    },
    compile: [
      { hosts: 10, compile: usage(300, 300, 70), render: usage(310, 310, 71), diff: usage(700, 700, 90) },
      {
        hosts: 1000,
        compile: usage(900, 900, 180),
        render: usage(1500, 1500, 190),
        diff: usage(2900, 2900, 400),
      },
      {
        hosts: 10_000,
        compile: usage(8100, 8100, 940),
        render: usage(14_250, 14_250, 1000),
        diff: usage(24_000, 24_000, 2400),
      },
    ],
  })
  assert.is(
    section,
    `Workload: a file per host. Medians of 5 runs after a warm-up, Node 20.20.0, 2 cores; hosts of some kind.
The floor is a program written by hand for this workload alone, in Node: one SSH connection and one shell per host, 32 at once, which compares
checksums, sends what differs and restarts what that concerns. It verifies no host key, records nothing and has no dry run. After each run the state of the hosts is compared.

| hosts | converge / floor | wall time | client CPU | peak memory |
|--:|---|--:|--:|--:|
| 1 | first converge | 2.50 s / 1.00 s = 2.5 × | 0.50 s / 0.10 s = 5.0 × | 80 MB / 50 MB = 1.6 × |
|  | nothing to change | 0.30 s / 0.20 s = 1.5 × | 0.25 s / 0.10 s = 2.5 × | 60 MB / 50 MB = 1.2 × |
|  | dry run of three files | 0.40 s | 0.26 s | 70 MB |
|  | three files, one restart | 0.50 s / 0.25 s = 2.0 × | 0.30 s / 0.10 s = 3.0 × | 70 MB / 50 MB = 1.4 × |

| one host, converge / floor | serial round trips | processes on the host |
|---|--:|--:|
| first converge | 20 / 8 | 190 / 70 |
| nothing to change | 10 / 8 | 26 / 9 |
| dry run of three files | 10 | 34 |
| three files, one restart | 20 | 96 |

| hosts | compile | peak memory | compile, render and write | peak memory | diff of two revisions | peak memory |
|--:|--:|--:|--:|--:|--:|--:|
| 10 | 0.30 s | 70 MB | 0.31 s | 71 MB | 0.70 s | 90 MB |
| 1,000 | 0.90 s | 180 MB | 1.50 s | 190 MB | 2.90 s | 400 MB |
| 10,000 | 8.10 s | 940 MB | 14.25 s | 1000 MB | 24.00 s | 2400 MB |

From 1,000 to 10,000 hosts (10 ×) the time to compile grows 9.0 ×, to compile and render 9.5 ×.

\`converge --help\` takes 91 ms, of which Node itself takes 45 ms.
`,
  )
})

test.run()
