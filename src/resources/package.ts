import { Type } from 'typebox'
import { given } from '../model/given.ts'
import { fitsVersion } from '../model/package-version.ts'
import { defineResource } from './define/define-resource.ts'
import { packageFact } from './define/facts-of.ts'
import { absent, yesOrNo } from './define/schema-types.ts'

const PackageSchema = Type.Object({
  name: Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9+._-]*(:[a-z0-9-]+)?$',
    description:
      'the name of a package as the package manager spells it; such as libc6:i386 for another architecture than that of the host',
  }),
  absent,
  version: Type.Optional(
    Type.String({
      // No version, but what other tools take for one.
      pattern: '^(?!(latest|present|installed|absent)$)[A-Za-z0-9][A-Za-z0-9.+:~^_-]*$',
      description:
        'a version as the package manager shows it, such as "1:1.2.3-4", with or without its epoch and what follows its last hyphen',
    }),
  ),
  hold: Type.Optional(
    Type.Boolean({ description: 'true or false; whether the package manager keeps it at its version' }),
  ),
  autostart: yesOrNo('true lets the package start its daemons when it is installed'),
  update: yesOrNo('false does not refresh package lists that are older than a day'),
})

/** An installed package: of any version, or of exactly the declared one; or one that is not to be installed. */
export const { resource: pkg, kind: packageKind } = defineResource({
  kind: 'package',
  schema: PackageSchema,
  defaults: { autostart: false, update: true },
  name: ({ name }) => name,
  absent: {
    allows: [],
    behave: ({ name }) => ({
      claims: [{ kind: 'package', key: name }],
      probes: [{ probe: 'package', name, removal: true }],
      steps: (facts) =>
        facts.isUnknown === true || packageFact(facts, name) !== null
          ? [{ operation: { op: 'remove-package', packages: [name] }, reason: 'will be removed' }]
          : [],
    }),
  },
  behave: ({ name, version, hold, autostart, update }) => ({
    claims: [{ kind: 'package', key: name }],
    probes: [{ probe: 'package', name }],
    steps(facts) {
      const found = packageFact(facts, name)
      const packages = [{ name, ...given({ version, hold }) }]
      const operation = { op: 'package', packages, autostart, update } as const
      if (found === null) return [{ operation, reason: 'will be installed' }]
      const reasons = [
        ...(fitsVersion(found.version, version)
          ? []
          : [`version will change from ${found.version} to ${version}`]),
        ...(hold === undefined || hold === (found.held ?? false)
          ? []
          : [hold ? 'will be held' : 'will be released']),
      ]
      return reasons.length === 0 ? [] : [{ operation, reason: reasons.join(', ') }]
    },
  }),
})
