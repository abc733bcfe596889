import { environmentLine, execLine } from '../../src/formats/systemd/quoting.ts'
import type { UnitFile } from '../../src/formats/systemd/unit.ts'

export interface UnitSample {
  readonly fileName: string
  readonly unit: UnitFile
  readonly text: string
}

/** One unit of each type and a drop-in, with the text they must render to; what they name exists on every host. */
export const UNIT_SAMPLES: readonly UnitSample[] = [
  {
    fileName: 'converge-sample.service',
    unit: {
      Unit: {
        Description: 'A sample with 100%% of the quoting',
        After: ['network-online.target', 'time-sync.target'],
        Wants: 'network-online.target',
        StartLimitIntervalSec: 0,
      },
      Service: {
        Type: 'notify',
        Environment: environmentLine({
          GREETING: 'say "hello"',
          RATIO: '50%',
          HOST: { expand: '%H' },
          DEBUG: false,
        }),
        EnvironmentFile: '-/etc/converge-sample.env',
        ExecStartPre: [
          execLine(['/bin/sh', '-c', 'test "$HOME" || exit 1']),
          execLine(['/bin/true'], { prefix: '-' }),
        ],
        ExecStart: execLine(
          [
            '/bin/sh',
            '--name',
            { expand: '%H' },
            '--peers',
            { expand: '${PEERS}' },
            '--label',
            "it's a label",
            ';',
          ],
          { layout: 'options' },
        ),
        Restart: 'on-failure',
        RestartSec: 1.5,
        LimitNOFILE: 65536,
        PrivateTmp: true,
        ProtectHome: false,
        'X-Owner': 'platform team',
      },
      Install: { WantedBy: 'multi-user.target' },
      'X-Sample': { Anything: 'goes' },
    },
    text: `[Unit]
Description=A sample with 100%% of the quoting
After=network-online.target
After=time-sync.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
Environment="GREETING=say \\"hello\\"" RATIO=50%% HOST=%H DEBUG=false
EnvironmentFile=-/etc/converge-sample.env
ExecStartPre=/bin/sh -c "test \\"$$HOME\\" || exit 1"
ExecStartPre=-/bin/true
ExecStart=/bin/sh \\
  --name %H \\
  --peers \${PEERS} \\
  --label "it's a label" ";"
Restart=on-failure
RestartSec=1.5
LimitNOFILE=65536
PrivateTmp=yes
ProtectHome=no
X-Owner=platform team

[Install]
WantedBy=multi-user.target

[X-Sample]
Anything=goes
`,
  },
  {
    fileName: 'converge-sample.service.d/10-start.conf',
    unit: { Service: { ExecStart: ['', '/bin/true'], MemoryMax: '1G', KillMode: 'mixed' } },
    text: `[Service]
ExecStart=
ExecStart=/bin/true
MemoryMax=1G
KillMode=mixed
`,
  },
  {
    fileName: 'converge-sample.socket',
    unit: { Socket: { ListenStream: ['127.0.0.1:7001', '[::1]:7001'], Accept: false } },
    text: `[Socket]
ListenStream=127.0.0.1:7001
ListenStream=[::1]:7001
Accept=no
`,
  },
  {
    fileName: 'converge-sample.timer',
    unit: { Timer: { OnCalendar: '*-*-* 03:00:00', RandomizedDelaySec: '5min', Persistent: true } },
    text: `[Timer]
OnCalendar=*-*-* 03:00:00
RandomizedDelaySec=5min
Persistent=yes
`,
  },
  {
    fileName: 'srv-converge.mount',
    unit: { Mount: { What: 'tmpfs', Where: '/srv/converge', Type: 'tmpfs', Options: 'size=50%%' } },
    text: `[Mount]
What=tmpfs
Where=/srv/converge
Type=tmpfs
Options=size=50%%
`,
  },
  {
    fileName: 'srv-converge.automount',
    unit: { Automount: { Where: '/srv/converge', TimeoutIdleSec: 60 } },
    text: `[Automount]
Where=/srv/converge
TimeoutIdleSec=60
`,
  },
  {
    fileName: 'converge-sample.path',
    unit: { Path: { PathChanged: '/etc/converge-sample.env' } },
    text: `[Path]
PathChanged=/etc/converge-sample.env
`,
  },
  {
    fileName: 'dev-converge.swap',
    unit: { Swap: { What: '/dev/converge', Priority: 10 } },
    text: `[Swap]
What=/dev/converge
Priority=10
`,
  },
  {
    fileName: 'converge-sample.slice',
    unit: { Unit: { Description: 'A slice' }, Slice: { CPUWeight: 50, TasksMax: '80%' } },
    text: `[Unit]
Description=A slice

[Slice]
CPUWeight=50
TasksMax=80%
`,
  },
  {
    fileName: 'converge-sample.target',
    unit: { Unit: { Requires: 'converge-sample.service' }, Install: { WantedBy: 'multi-user.target' } },
    text: `[Unit]
Requires=converge-sample.service

[Install]
WantedBy=multi-user.target
`,
  },
]
