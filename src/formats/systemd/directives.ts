import { CGROUP_CONTEXT, CONDITIONS, EXEC_CONTEXT, KILL_CONTEXT, names } from './context-directives.ts'
import { QUADLET_SECTIONS } from './quadlet.ts'

/** Unit types by the suffix of their file name, each with the section that bears its name. */
export const UNIT_TYPES: ReadonlyMap<string, string> = new Map([
  ['service', 'Service'],
  ['socket', 'Socket'],
  ['timer', 'Timer'],
  ['mount', 'Mount'],
  ['automount', 'Automount'],
  ['path', 'Path'],
  ['swap', 'Swap'],
  ['slice', 'Slice'],
  ['scope', 'Scope'],
  ['target', 'Target'],
  ['device', 'Device'],
])

/** Sections that a unit of every type may have. */
export const COMMON_SECTIONS: readonly string[] = ['Unit', 'Install']

const SECTIONS: readonly (readonly [string, readonly string[]])[] = [
  [
    'Unit',
    names(`
      Description Documentation SourcePath Requires Requisite Wants BindsTo BindTo Upholds Conflicts Before After
      OnSuccess OnFailure PropagatesReloadTo PropagateReloadTo ReloadPropagatedFrom PropagateReloadFrom
      PropagatesStopTo StopPropagatedFrom PartOf JoinsNamespaceOf RequiresOverridable RequisiteOverridable
      RequiresMountsFor WantsMountsFor StopWhenUnneeded RefuseManualStart RefuseManualStop AllowIsolate
      DefaultDependencies SurviveFinalKillSignal OnSuccessJobMode OnFailureJobMode OnFailureIsolate IgnoreOnIsolate
      IgnoreOnSnapshot JobTimeoutSec JobRunningTimeoutSec JobTimeoutAction JobTimeoutRebootArgument
      StartLimitIntervalSec StartLimitInterval StartLimitBurst StartLimitAction FailureAction SuccessAction
      FailureActionExitStatus SuccessActionExitStatus RebootArgument CollectMode ConditionFirmware`).concat(
      CONDITIONS.map((condition) => `Condition${condition}`),
      CONDITIONS.map((condition) => `Assert${condition}`),
    ),
  ],
  ['Install', names('Alias WantedBy RequiredBy UpheldBy Also DefaultInstance')],
  [
    'Service',
    names(`
      PIDFile ExecCondition ExecStartPre ExecStart ExecStartPost ExecReload ExecReloadPost ExecStop ExecStopPost
      RestartSec RestartSteps RestartMaxDelaySec TimeoutSec TimeoutStartSec TimeoutStopSec TimeoutAbortSec
      TimeoutStartFailureMode TimeoutStopFailureMode RuntimeMaxSec RuntimeRandomizedExtraSec WatchdogSec
      StartLimitInterval StartLimitBurst StartLimitAction FailureAction RebootArgument Type ExitType Restart
      RestartMode PermissionsStartOnly RootDirectoryStartOnly RemainAfterExit GuessMainPID RestartPreventExitStatus
      RestartForceExitStatus SuccessExitStatus SysVStartPriority NonBlocking BusName FileDescriptorStoreMax
      FileDescriptorStorePreserve NotifyAccess Sockets BusPolicy USBFunctionDescriptors USBFunctionStrings OOMPolicy
      OpenFile ReloadSignal RefreshOnReload`).concat(EXEC_CONTEXT, CGROUP_CONTEXT, KILL_CONTEXT),
  ],
  [
    'Socket',
    names(`
      ListenStream ListenDatagram ListenSequentialPacket ListenFIFO ListenNetlink ListenSpecial ListenMessageQueue
      ListenUSBFunction SocketProtocol BindIPv6Only Backlog BindToDevice ExecStartPre ExecStartPost ExecStopPre
      ExecStopPost TimeoutSec SocketUser SocketGroup SocketMode DirectoryMode Accept FlushPending Writable
      MaxConnections MaxConnectionsPerSource KeepAlive KeepAliveTimeSec KeepAliveIntervalSec KeepAliveProbes
      DeferAcceptSec NoDelay Priority ReceiveBuffer SendBuffer IPTOS IPTTL Mark PipeSize FreeBind Transparent
      Broadcast PassCredentials PassPIDFD PassSecurity PassPacketInfo AcceptFileDescriptors Timestamping
      TCPCongestion ReusePort MessageQueueMaxMessages MessageQueueMessageSize RemoveOnStop Symlinks
      FileDescriptorName Service PassFileDescriptorsToExec TriggerLimitIntervalSec TriggerLimitBurst
      PollLimitIntervalSec PollLimitBurst DeferTrigger DeferTriggerMaxSec SmackLabel SmackLabelIPIn SmackLabelIPOut
      SELinuxContextFromNet`).concat(EXEC_CONTEXT, CGROUP_CONTEXT, KILL_CONTEXT),
  ],
  [
    'Timer',
    names(`
      OnCalendar OnActiveSec OnBootSec OnStartupSec OnUnitActiveSec OnUnitInactiveSec OnClockChange OnTimezoneChange
      Persistent WakeSystem RemainAfterElapse FixedRandomDelay DeferReactivation AccuracySec RandomizedDelaySec
      RandomizedOffsetSec Unit`),
  ],
  [
    'Mount',
    names(`
      What Where Options Type TimeoutSec DirectoryMode SloppyOptions LazyUnmount ForceUnmount
      ReadWriteOnly`).concat(EXEC_CONTEXT, CGROUP_CONTEXT, KILL_CONTEXT),
  ],
  ['Automount', names('Where ExtraOptions DirectoryMode TimeoutIdleSec')],
  [
    'Path',
    names(`
      PathExists PathExistsGlob PathChanged PathModified DirectoryNotEmpty Unit MakeDirectory DirectoryMode
      TriggerLimitIntervalSec TriggerLimitBurst`),
  ],
  ['Swap', names('What Priority Options TimeoutSec').concat(EXEC_CONTEXT, CGROUP_CONTEXT, KILL_CONTEXT)],
  ['Slice', names('ConcurrencySoftMax ConcurrencyHardMax').concat(CGROUP_CONTEXT)],
  [
    'Scope',
    names('RuntimeMaxSec RuntimeRandomizedExtraSec TimeoutStopSec OOMPolicy').concat(
      CGROUP_CONTEXT,
      KILL_CONTEXT,
    ),
  ],
  ['Target', []],
  ['Device', []],
]

/** The newest version whose directives are known. */
export const KNOWN_SYSTEMD = 260

/**
 * The directives of each section: those of systemd's own table (`load-fragment-gperf.gperf.in`), up to
 * KNOWN_SYSTEMD, among them the obsolete ones that it still reads. An older systemd on a host knows fewer and warns of the others.
 * Those of Quadlet files are podman's.
 */
export const DIRECTIVES: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  [...SECTIONS, ...QUADLET_SECTIONS].map(([section, directives]) => [section, new Set(directives)]),
)
