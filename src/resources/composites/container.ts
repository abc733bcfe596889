import { Type } from 'typebox'
import { execLine, type SecretExecWord } from '../../formats/systemd/quoting.ts'
import { FilledText, Text } from '../../model/schema.ts'
import { isSecret, revealed, Secret } from '../../model/secret.ts'
import { defineComposite } from '../define/define-composite.ts'
import { invalid } from '../define/define-resource.ts'
import { absent, secretText } from '../define/schema-types.ts'
import { file } from '../file.ts'
import { unit } from '../unit/unit.ts'

const words = (use: string) =>
  Type.Array({ ...FilledText, description: 'text' }, { description: `a list of texts; ${use}` })

const ContainerSchema = Type.Object({
  name: Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*(?<!\\.service)$',
    description: 'the name of the container, and of its service without .service',
  }),
  absent,
  image: Type.String({
    pattern: '^[^\\s\\u0000-][^\\s\\u0000]*$',
    description: 'an image with its tag or digest, such as "docker.io/library/nginx:1.27"',
  }),
  runtime: Type.Enum(['docker', 'podman'], { description: 'docker or podman' }),
  command: Type.Optional(words('what runs in it in place of what the image says')),
  ports: Type.Optional(words('ports as in docker run --publish, such as "127.0.0.1:8080:80"')),
  volumes: Type.Optional(words('volumes as in docker run --volume, such as "/srv/web:/data:ro"')),
  environment: Type.Optional(
    Type.Record(
      Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_.-]*$' }),
      secretText({ ...Text, description: 'text' }),
      { additionalProperties: false, description: 'a map of environment variables' },
    ),
  ),
  options: Type.Optional(words('further options of docker run, such as "--memory=512m"')),
  stopSeconds: Type.Integer({
    minimum: 1,
    description: 'a whole number of seconds from 1; how long it may take to stop',
  }),
})

/** A container in the foreground of a service, so that systemd knows its state, output and exit code. */
export const { resource: container, kind: containerKind } = defineComposite({
  kind: 'container',
  schema: ContainerSchema,
  defaults: { runtime: 'docker', stopSeconds: 10 },
  key: 'name',
  absent: (name) => [
    unit({ name: `${name}.service`, absent: true }),
    file({ path: environmentPath(name), absent: true }),
  ],
  parts(desired, _host, self) {
    const { name, image, runtime, command = [], ports = [], volumes = [], options = [] } = desired
    const { environment = {}, stopSeconds } = desired
    const program = `/usr/bin/${runtime}`
    for (const [key, value] of Object.entries(environment))
      if (/[\n\r]/.test(isSecret(value) ? revealed(value) : value))
        invalid(
          self,
          `the value of ${key} has a line break`,
          `${runtime} reads one variable a line; mount a file with it`,
        )
    const variables = Object.entries(environment).map(([key, value]) =>
      Secret.concat([`${key}=`, value, '\n']),
    )
    const settings =
      variables.length === 0
        ? []
        : [file({ path: environmentPath(name), content: Secret.concat(variables), mode: '0600' })]
    const run: readonly SecretExecWord[] = [
      program,
      'run',
      '--rm',
      `--name=${name}`,
      // Its journal would have every line a second time.
      ...(runtime === 'podman' ? ['--replace', '--log-driver=none'] : []),
      ...settings.map(() => `--env-file=${environmentPath(name)}`),
      ...ports.map((port) => `--publish=${port}`),
      ...volumes.map((volume) => `--volume=${volume}`),
      ...options,
      image,
      ...command,
    ]
    const daemon =
      runtime === 'docker'
        ? { Requires: 'docker.service', After: 'docker.service network-online.target' }
        : { After: 'network-online.target' }
    return [
      ...settings,
      unit({
        name: `${name}.service`,
        content: {
          Unit: { Description: `Container ${name}`, Wants: 'network-online.target', ...daemon },
          Service: {
            // One that a crash of the host left would keep the name.
            ExecStartPre: execLine([program, 'rm', '--force', name], { prefix: '-' }),
            ExecStart: execLine(run, { layout: 'options' }),
            ExecStop: execLine([program, 'stop', '-t', stopSeconds, name], { prefix: '-' }),
            // By SIGTERM, or by SIGKILL after it.
            SuccessExitStatus: '143 137',
            Restart: 'always',
            RestartSec: 2,
            // The first start may have to pull the image.
            TimeoutStartSec: 900,
            TimeoutStopSec: stopSeconds + 10,
          },
          Install: { WantedBy: 'multi-user.target' },
        },
        enabled: true,
        started: true,
        restartOn: settings,
      }),
    ]
  },
})

function environmentPath(name: string): string {
  return `/etc/container-${name}.env`
}
