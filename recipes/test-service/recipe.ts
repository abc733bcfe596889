import { defineRecipe, directory, execLine, file, renderUnit, Type } from 'converge'

/** A unit that `fleetctl start` submits to the cluster, to see that containers run and logs arrive. */
export default defineRecipe({
  name: 'test-service',
  attributes: Type.Object({
    folder: Type.String({
      description: 'an absolute path; the unit file is put there, where every user can read it',
      pattern: '^/',
      default: '/usr/local/share/fleet',
    }),
    image: Type.String({ description: 'an image with its tag', default: 'docker.io/library/busybox:1.36' }),
    container: Type.String({
      description: 'the name of the container',
      pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*$',
      default: 'busybox1',
    }),
  }),
  resources({ attributes }) {
    const { folder, image, container } = attributes
    const docker = '/usr/bin/docker'
    const loop = 'while true; do echo Hello World; sleep 1; done'
    return [
      directory({ path: folder }),
      file({
        path: `${folder}/test.service`,
        content: renderUnit(
          {
            Unit: { Description: 'Test of fleet', After: 'docker.service', Requires: 'docker.service' },
            Service: {
              TimeoutStartSec: 0,
              ExecStartPre: [
                execLine([docker, 'kill', container], { prefix: '-' }),
                execLine([docker, 'rm', container], { prefix: '-' }),
                execLine([docker, 'pull', image]),
              ],
              ExecStart: execLine([docker, 'run', '--name', container, image, '/bin/sh', '-c', loop]),
              ExecStop: execLine([docker, 'stop', container]),
            },
          },
          'test.service',
        ),
      }),
    ]
  },
})
