/** Splits a block of names at white space. */
export function names(block: string): readonly string[] {
  return block.trim().split(/\s+/)
}

/** What follows both `Condition` and `Assert` in [Unit]. */
export const CONDITIONS: readonly string[] = names(`
  PathExists PathExistsGlob PathIsDirectory PathIsSymbolicLink PathIsMountPoint PathIsReadWrite PathIsEncrypted
  DirectoryNotEmpty FileNotEmpty FileIsExecutable NeedsUpdate FirstBoot Architecture Virtualization Host
  KernelCommandLine KernelVersion Version Credential Security Capability ACPower Memory CPUFeature CPUs Environment
  User Group ControlGroupController OSRelease MemoryPressure CPUPressure IOPressure KernelModuleLoaded`)

/** systemd.exec(5): how processes are run; in [Service], [Socket], [Mount] and [Swap]. */
export const EXEC_CONTEXT: readonly string[] = names(`
  WorkingDirectory RootDirectory RootImage RootImageOptions RootImagePolicy RootHash RootHashSignature RootVerity
  RootEphemeral ExtensionDirectories ExtensionImages ExtensionImagePolicy MountImages MountImagePolicy
  User Group SupplementaryGroups SetLoginEnvironment DynamicUser RemoveIPC PAMName
  Nice OOMScoreAdjust CoredumpFilter IOSchedulingClass IOSchedulingPriority CPUSchedulingPolicy
  CPUSchedulingPriority CPUSchedulingResetOnFork CPUAffinity NUMAPolicy NUMAMask UMask TimerSlackNSec MemoryKSM
  Environment EnvironmentFile PassEnvironment UnsetEnvironment
  StandardInput StandardOutput StandardError StandardInputText StandardInputData
  TTYPath TTYReset TTYVHangup TTYVTDisallocate TTYRows TTYColumns UtmpIdentifier UtmpMode
  SyslogIdentifier SyslogFacility SyslogLevel SyslogLevelPrefix LogLevelMax LogRateLimitIntervalSec
  LogRateLimitBurst LogExtraFields LogFilterPatterns LogNamespace BindLogSockets
  Capabilities SecureBits CapabilityBoundingSet AmbientCapabilities NoNewPrivileges KeyringMode
  SystemCallFilter SystemCallArchitectures SystemCallErrorNumber SystemCallLog MemoryDenyWriteExecute
  RestrictNamespaces RestrictRealtime RestrictSUIDSGID RestrictAddressFamilies RestrictFileSystems LockPersonality
  Personality DelegateNamespaces IgnoreSIGPIPE
  ProtectProc ProcSubset PrivateBPF BPFDelegateCommands BPFDelegateMaps BPFDelegatePrograms BPFDelegateAttachments
  LimitCPU LimitFSIZE LimitDATA LimitSTACK LimitCORE LimitRSS LimitNOFILE LimitAS LimitNPROC LimitMEMLOCK LimitLOCKS
  LimitSIGPENDING LimitMSGQUEUE LimitNICE LimitRTPRIO LimitRTTIME
  ReadWriteDirectories ReadOnlyDirectories InaccessibleDirectories ReadWritePaths ReadOnlyPaths InaccessiblePaths
  ExecPaths NoExecPaths ExecSearchPath BindPaths BindReadOnlyPaths TemporaryFileSystem
  PrivateTmp PrivateDevices PrivateNetwork PrivateUsers PrivateMounts PrivateIPC PrivatePIDs
  NetworkNamespacePath IPCNamespacePath UserNamespacePath
  ProtectKernelTunables ProtectKernelModules ProtectKernelLogs ProtectClock ProtectControlGroups ProtectSystem
  ProtectHome ProtectHostname MountFlags MountAPIVFS
  RuntimeDirectory RuntimeDirectoryMode RuntimeDirectoryPreserve
  StateDirectory StateDirectoryMode StateDirectoryAccounting StateDirectoryQuota
  CacheDirectory CacheDirectoryMode CacheDirectoryAccounting CacheDirectoryQuota
  LogsDirectory LogsDirectoryMode LogsDirectoryAccounting LogsDirectoryQuota
  ConfigurationDirectory ConfigurationDirectoryMode TimeoutCleanSec
  SetCredential SetCredentialEncrypted LoadCredential LoadCredentialEncrypted ImportCredential
  SELinuxContext AppArmorProfile SmackProcessLabel`)

/** systemd.kill(5): how processes are ended; in [Service], [Socket], [Mount], [Swap] and [Scope]. */
export const KILL_CONTEXT: readonly string[] = names(`
  SendSIGKILL SendSIGHUP KillMode KillSignal RestartKillSignal FinalKillSignal WatchdogSignal`)

/** systemd.resource-control(5): what processes may use; in [Slice] and wherever processes are ended. */
export const CGROUP_CONTEXT: readonly string[] = names(`
  Slice AllowedCPUs StartupAllowedCPUs AllowedMemoryNodes StartupAllowedMemoryNodes
  CPUAccounting CPUWeight StartupCPUWeight CPUShares StartupCPUShares CPUQuota CPUQuotaPeriodSec
  MemoryAccounting MemoryMin DefaultMemoryMin DefaultMemoryLow DefaultStartupMemoryLow MemoryLow StartupMemoryLow
  MemoryHigh StartupMemoryHigh MemoryMax StartupMemoryMax MemorySwapMax StartupMemorySwapMax MemoryZSwapMax
  StartupMemoryZSwapMax MemoryZSwapWriteback MemoryLimit
  DeviceAllow DevicePolicy
  IOAccounting IOWeight StartupIOWeight IODeviceWeight IOReadBandwidthMax IOWriteBandwidthMax IOReadIOPSMax
  IOWriteIOPSMax IODeviceLatencyTargetSec
  BlockIOAccounting BlockIOWeight StartupBlockIOWeight BlockIODeviceWeight BlockIOReadBandwidth
  BlockIOWriteBandwidth
  TasksAccounting TasksMax Delegate DelegateSubgroup DisableControllers
  IPAccounting IPAddressAllow IPAddressDeny IPIngressFilterPath IPEgressFilterPath
  ManagedOOMSwap ManagedOOMMemoryPressure ManagedOOMMemoryPressureLimit ManagedOOMMemoryPressureDurationSec
  ManagedOOMPreference
  NetClass BPFProgram SocketBindAllow SocketBindDeny RestrictNetworkInterfaces
  MemoryPressureThresholdSec MemoryPressureWatch NFTSet CoredumpReceive`)
