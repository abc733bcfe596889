import { names } from './context-directives.ts'

/** Types of Quadlet files by the suffix of their name, each with the section that bears its name (podman-systemd.unit(5)). */
export const QUADLET_TYPES: ReadonlyMap<string, string> = new Map([
  ['container', 'Container'],
  ['pod', 'Pod'],
  ['kube', 'Kube'],
  ['network', 'Network'],
  ['volume', 'Volume'],
  ['image', 'Image'],
  ['build', 'Build'],
])

/** The newest version of podman whose directives are known. */
export const KNOWN_PODMAN = '5.7'

const ALL = names('ContainersConfModule GlobalArgs PodmanArgs ServiceName')
const REMAPPING = names('RemapGid RemapUid RemapUidSize RemapUsers UserNS')

/** The directives of each section. A file with another one is left out by podman, and has no service. */
export const QUADLET_SECTIONS: readonly (readonly [string, readonly string[]])[] = [
  [
    'Container',
    names(`
      AddCapability AddDevice AddHost Annotation AppArmor AutoUpdate CgroupsMode ContainerName DNS DNSOption DNSSearch
      DropCapability Entrypoint Environment EnvironmentFile EnvironmentHost Exec ExposeHostPort GIDMap Group GroupAdd
      HealthCmd HealthInterval HealthLogDestination HealthMaxLogCount HealthMaxLogSize HealthOnFailure HealthRetries
      HealthStartPeriod HealthStartupCmd HealthStartupInterval HealthStartupRetries HealthStartupSuccess
      HealthStartupTimeout HealthTimeout HostName HttpProxy IP IP6 Image Label LogDriver LogOpt Mask Memory Mount Network
      NetworkAlias NoNewPrivileges Notify PidsLimit Pod PublishPort Pull ReadOnly ReadOnlyTmpfs ReloadCmd ReloadSignal
      Retry RetryDelay Rootfs RunInit SeccompProfile Secret SecurityLabelDisable SecurityLabelFileType
      SecurityLabelLevel SecurityLabelNested SecurityLabelType ShmSize StartWithPod StopSignal StopTimeout SubGIDMap
      SubUIDMap Sysctl Timezone Tmpfs UIDMap Ulimit Unmask User VolatileTmp Volume WorkingDir`).concat(
      ALL,
      REMAPPING,
    ),
  ],
  [
    'Pod',
    names(`
      AddHost DNS DNSOption DNSSearch ExitPolicy GIDMap HostName IP IP6 Label Network NetworkAlias PodName PublishPort
      ShmSize StopTimeout SubGIDMap SubUIDMap UIDMap Volume`).concat(ALL, REMAPPING),
  ],
  [
    'Kube',
    names(`
      AutoUpdate ConfigMap ExitCodePropagation KubeDownForce LogDriver LogOpt Network PublishPort SetWorkingDirectory
      Yaml`).concat(ALL, REMAPPING),
  ],
  [
    'Network',
    names(`
      DNS DisableDNS Driver Gateway IPAMDriver IPRange IPv6 InterfaceName Internal Label NetworkDeleteOnStop NetworkName
      Options Subnet`).concat(ALL),
  ],
  ['Volume', names('Copy Device Driver Group Image Label Options Type User VolumeName').concat(ALL)],
  [
    'Image',
    names(
      'AllTags Arch AuthFile CertDir Creds DecryptionKey Image ImageTag OS Policy Retry RetryDelay TLSVerify Variant',
    ).concat(ALL),
  ],
  [
    'Build',
    names(`
      Annotation Arch AuthFile BuildArg DNS DNSOption DNSSearch Environment File ForceRM GroupAdd IgnoreFile ImageTag Label
      Network Pull Retry RetryDelay Secret SetWorkingDirectory TLSVerify Target Variant Volume`).concat(ALL),
  ],
  ['Quadlet', names('DefaultDependencies')],
]
