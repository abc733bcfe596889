import { type TLiteral, type TObject, type TProperties, Type } from 'typebox'
import { EtcdConnection, Permission } from './cluster-object.ts'
import { Part } from './edit-text.ts'
import {
  Checksum,
  Count,
  type Data,
  describe,
  flag,
  HostPath,
  list,
  mapOf,
  optional,
  Text,
} from './schema.ts'
import { SecretSpan } from './secret-spans.ts'

/** Bytes to write to a host, as JSON. Those of a `file` stay on disk: the catalog knows where. */
export const Content = Type.Object({
  encoding: Type.Enum(['utf8', 'base64', 'file']),
  data: Text,
  sha256: Checksum,
  sizeBytes: Type.Integer({ minimum: 0, description: 'Length in bytes.' }),
  secrets: Type.Optional(list('Where secrets are in its text, in order.', SecretSpan)),
})
export type Content = Data<typeof Content>

/** What systemd is asked to do with a unit. */
export const UnitAction = Type.Enum([
  'enable',
  'disable',
  'mask',
  'unmask',
  'start',
  'stop',
  'restart',
  'reload',
])
export type UnitAction = Data<typeof UnitAction>

const ownershipFields = {
  owner: describe(Text, 'Owner, by name or decimal id.'),
  group: describe(Text, 'Group, by name or decimal id.'),
  mode: Type.String({ pattern: '^[0-7]{4}$', description: 'Four octal digits.' }),
}
export const Ownership = Type.Object(ownershipFields)
export type Ownership = Data<typeof Ownership>

const userFields = {
  uid: optional(Count, 'Numeric id.'),
  group: optional(Text, 'Primary group, by name.'),
  groups: Type.Optional(list('Supplementary groups, by name; the list is complete.', Text)),
  home: optional(Text, 'Home directory.'),
  shell: optional(Text, 'Login shell.'),
  comment: optional(Text, 'The comment (GECOS) field.'),
}

const name = describe(Text, 'Name of the account.')
const sensitive = flag('Whether neither the content nor its checksum is shown.')
const system = Type.Boolean({ description: 'Whether a new account gets a system id.' })
const prune = flag('Removed again, if converge created it; other accounts stay.')
const command = describe(Text, 'The command.')
const timeoutSeconds = describe(Count, 'Time limit in seconds.')

const replaces = Type.Optional(
  Type.Enum(['file', 'link', 'directory', 'tree'], {
    description:
      'What converge made there and what makes way: a directory only if it is empty, the tree of an archive with its content.',
  }),
)
const kept = Type.String({
  pattern: '^(generations/\\d+/\\d+|originals/\\w+)$',
  description: "File below the cluster's state directory on the host.",
})
const validate = optional(Text, 'Shell command that the staged file must pass; `{}` stands for its path.')
const inPlace = flag('A file that is there gets the content, and stays the same file; this is not atomic.')

const signatureUrl = describe(Text, 'Where the detached signature is downloaded from.')

export const Signature = Type.Union(
  [
    Type.Object({ minisign: describe(Text, 'A public key of minisign.'), url: signatureUrl }),
    Type.Object({
      ssh: describe(Text, 'A public key of SSH, its type and its base64.'),
      namespace: describe(Text, "The purpose of the signature, as ssh-keygen's -n."),
      url: signatureUrl,
    }),
  ],
  { description: 'Who must have signed what is downloaded.' },
)
export type Signature = Data<typeof Signature>
const signature = Type.Optional(Signature)

const clusterObject = {
  object: describe(Text, 'Identity of the resource that it is.'),
  group: describe(Text, 'Name of the group that serves it.'),
  question: describe(Text, 'What is asked to find who acts.'),
  connection: EtcdConnection,
}

/** Everything that converge does to a host. Each is idempotent. `operations/` has the rules of each. */
export const operationSchemas = {
  write: operation('write', 'Puts a file in place, atomically.', {
    path: HostPath,
    content: Content,
    validate,
    sensitive,
    replaces,
    replaceLink: flag('A symbolic link that is there makes way.'),
    inPlace,
    ...ownershipFields,
  }),
  edit: operation(
    'edit',
    'Changes a part of a file that others own, atomically; without content and kept content the part leaves.',
    {
      path: HostPath,
      part: Part,
      content: Type.Optional(Content),
      kept: optional(kept, 'The part becomes what it was in this kept file.'),
      sha256: optional(Checksum, 'Checksum of what the part had in it there.'),
      emptyGoes: flag('A file that has nothing else in it is removed.'),
      newFile: Type.Optional(describe(Ownership, 'Owner, group and mode of a file that is not there yet.')),
      validate,
      sensitive,
    },
  ),
  mkdir: operation('mkdir', 'Creates a directory.', { path: HostPath, replaces, ...ownershipFields }),
  attributes: operation('attributes', 'Sets owner, group and mode.', { path: HostPath, ...ownershipFields }),
  link: operation('link', 'Makes a symbolic link.', {
    path: HostPath,
    target: describe(Text, 'Where the link points.'),
    replaces,
  }),
  remove: operation('remove', 'Removes a file, a link or a directory, if it is there.', {
    path: HostPath,
    recursive: Type.Boolean({ description: 'Whether a directory is removed with its content.' }),
    only: Type.Optional(
      Type.Enum(['file', 'link', 'directory'], {
        description:
          'The kind of thing that may be removed: anything else there fails, as does a directory that is not empty.',
      }),
    ),
    sensitive,
  }),
  restore: operation('restore', 'Restores content that converge kept.', {
    path: HostPath,
    kept,
    sha256: Checksum,
    sensitive,
    replaces,
    inPlace,
    ...ownershipFields,
  }),
  group: operation('group', 'Creates or changes a group.', {
    name,
    gid: optional(Count, 'Numeric id.'),
    system,
    prune,
  }),
  user: operation('user', 'Creates or changes a user.', {
    name,
    system,
    createHome: Type.Boolean({ description: 'Whether the home directory is created.' }),
    prune,
    ...userFields,
  }),
  'remove-user': operation('remove-user', 'Removes a user.', {
    name,
    keepsGroup: Type.Optional(
      Type.Boolean({
        description: "Whether the group of the same name stays, which the system's tools would remove too.",
      }),
    ),
  }),
  'remove-group': operation('remove-group', 'Removes a group.', { name }),
  package: operation('package', 'Installs packages.', {
    packages: list(
      'The packages.',
      Type.Object(
        {
          name: describe(Text, 'Name of the package.'),
          version: optional(Text, 'Any version if absent.'),
          hold: Type.Optional(
            Type.Boolean({ description: 'Whether it is held at its version; as it is found if absent.' }),
          ),
        },
        { description: 'One package.' },
      ),
    ),
    autostart: Type.Boolean({ description: "Whether the packages' scripts may start daemons." }),
    update: Type.Boolean({ description: 'Whether package lists older than a day are refreshed first.' }),
  }),
  'remove-package': operation('remove-package', 'Removes packages.', {
    packages: list('Names of packages.', Text),
    release: flag('Whether they are removed although they are held.'),
  }),
  archive: operation('archive', 'Downloads an archive and replaces a directory with its content.', {
    url: describe(Text, 'Where it is downloaded from.'),
    sha256: Checksum,
    path: HostPath,
    strip: describe(Count, "Leading path components to drop, as tar's --strip-components."),
    signature,
    replaces,
  }),
  download: operation('download', 'Downloads a file and puts it in place, atomically.', {
    path: HostPath,
    url: describe(Text, 'Where it is downloaded from.'),
    sha256: Checksum,
    signature,
    replaces,
    ...ownershipFields,
  }),
  checkout: operation('checkout', 'Replaces a directory with a commit of a git repository.', {
    path: HostPath,
    url: describe(Text, 'Where the repository is.'),
    commit: Type.String({ pattern: '^[0-9a-f]{40}$', description: 'The whole name of the commit.' }),
    owner: ownershipFields.owner,
    group: ownershipFields.group,
    replaces,
  }),
  unit: operation('unit', 'Changes the state of a systemd unit.', {
    unit: describe(Text, 'Name of the unit.'),
    action: describe(UnitAction, 'What systemd is asked to do.'),
    around: optional(Text, 'A running service of the socket, which stops before and starts again after it.'),
    noBlock: flag('Do not wait for the job: a member that waits for its peers.'),
    noReload: flag('systemd reads its unit files in a later operation of the plan.'),
  }),
  'daemon-reload': operation('daemon-reload', 'Makes systemd read its unit files.', {}),
  record: operation('record', 'Only notes in the manifest what the spec declares now.', {}),
  run: operation('run', 'Runs a shell command.', {
    command,
    cwd: optional(Text, 'Working directory.'),
    user: optional(Text, 'User that it runs as.'),
    environment: optional(mapOf(Text), 'Environment variables.'),
    sensitive: flag('Whether its output is neither shown nor kept.'),
    live: flag('Whether it is done already in a root tree.'),
    timeoutSeconds,
  }),
  await: operation('await', 'Repeats a shell command until it exits 0.', {
    command,
    timeoutSeconds,
    unit: optional(Text, 'The unit that it is about: if it fails, what systemd says of that is shown.'),
  }),
  'etcd-member': operation('etcd-member', 'Changes who is a member of a cluster of etcd.', {
    action: Type.Enum(
      ['expect-new', 'snapshot', 'settle', 'checkpoint', 'set-aside', 'join', 'promote', 'move', 'remove'],
      {
        description:
          '`expect-new`: fails if it is a member by now; `snapshot`: keeps a snapshot; `settle`: waits until all of the cluster is at a version; `checkpoint`: restarts it so that it writes what it has applied, if its log has entries of etcd 3.5 or older, which 3.7 does not read; `set-aside`: data of no member makes way; `join`: adds it as a learner, and writes what it reads at its first start; `promote`: lets it vote once it has caught up; `move`: gives it another peer URL; `remove`: removes it, after another one leads.',
      },
    ),
    etcdctl: describe(HostPath, 'Where etcdctl is.'),
    endpoints: list('URLs of members that answered.', Text),
    member: describe(Text, 'Name of the member.'),
    peerUrl: describe(Text, 'Its URL for peers.'),
    id: optional(Text, 'Its id, in hexadecimal; for a join that of the member whose place it takes.'),
    version: optional(Text, 'The version that is waited for, such as 3.6.'),
    unit: optional(Text, 'The unit that a checkpoint restarts.'),
    data: optional(HostPath, 'Where its data is.'),
    file: optional(
      HostPath,
      'The directory of snapshots, the program that runs, the data that makes way, or the file that it reads at its first start.',
    ),
  }),
  'etcd-key': operation('etcd-key', 'Sets the value of a key of etcd.', {
    ...clusterObject,
    key: describe(Text, 'The key.'),
    sha256: describe(Checksum, 'Checksum of the value.'),
    sizeBytes: describe(Count, 'Length of the value in bytes.'),
    content: Type.Optional(Content),
    kept: optional(kept, 'The value is what is in this kept file.'),
    revision: optional(
      Count,
      'The revision that the key must still have, 0 if there must be none; absent if that is not known.',
    ),
    sensitive,
  }),
  'etcd-role': operation('etcd-role', 'Creates a role of etcd, or changes what it may do.', {
    ...clusterObject,
    role: describe(Text, 'Name of the role.'),
    permissions: list('All that it may do.', Permission),
    grant: list('What it gets.', Permission),
    revoke: list('What it loses.', Permission),
  }),
  'etcd-user': operation('etcd-user', 'Creates a user of etcd, or changes the roles or the password.', {
    ...clusterObject,
    user: describe(Text, 'Name of the user.'),
    roles: list('All roles of the user.', Text),
    grant: list('Roles that the user gets.', Text),
    revoke: list('Roles that the user loses.', Text),
    password: Type.Optional(Content),
    secret: optional(Text, 'Salted checksum of the password.'),
  }),
  'etcd-remove': operation('etcd-remove', 'Removes a key, a role or a user of etcd.', {
    ...clusterObject,
    type: Type.Enum(['key', 'role', 'user'], { description: 'What it is.' }),
    name: describe(Text, 'The key, or the name.'),
    sensitive,
  }),
  reboot: operation('reboot', 'Reboots the host, after all else.', {
    boot: describe(Text, 'The boot that it ends: in another one nothing is done.'),
    window: optional(Text, 'The times of day in UTC between which it may begin.'),
    timeoutSeconds,
  }),
} as const

type Schemas = typeof operationSchemas
/** The type of each operation by its name. */
export type OperationTypes = { readonly [Op in keyof Schemas]: Data<Schemas[Op]> }
export type Operation = OperationTypes[keyof OperationTypes]

export const Operation = Type.Unsafe<Operation>(Type.Union(Object.values(operationSchemas)))

function operation<Op extends string, Fields extends TProperties>(
  op: Op,
  description: string,
  fields: Fields,
): TObject<{ op: TLiteral<Op> } & Fields> {
  return Type.Object(
    { op: Type.Literal(op, { description: 'The kind of operation.' }), ...fields },
    { description },
  )
}
