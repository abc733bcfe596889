import { dirname } from 'node:path/posix'
import { firstBootUnit } from '../shell/programs/first-boot-program.ts'
import { quote } from '../shell/quote.ts'
import {
  type BootPlace,
  doneMark,
  type FirstBoot,
  packed,
  programFile,
  unitText,
  wantsFolder,
} from './first-boot.ts'

/** Lines of shell that put the program and its unit in place, and start it if systemd runs. */
export function installScript(boot: FirstBoot, place: BootPlace): string {
  const above = place.isLasting ? `${quote(dirname(boot.stateDir))} ${wantsFolder(place)}` : place.units
  // Without systemctl, for a tree that is not booted; after what it leads to is on disk.
  const enable = `sync && ln -sfn ../${firstBootUnit} ${wantsFolder(place)}/ && sync &&\n    `
  return `install_first_boot() {
  (umask 022 && mkdir -p ${above}) &&
    (umask 077 && mkdir -p ${quote(place.folder)} && base64 -d | gzip -dc >${quote(programFile(place))}) <<'END' &&
${packed(boot.program).replaceAll(/.{76}/g, '$&\n').trimEnd()}
END
    (umask 022 && cat >${place.units}/${firstBootUnit}) <<'END' &&
${unitText(boot, place)}END
    ${place.isLasting ? enable : ''}if [ -d /run/systemd/system ]; then
      systemctl daemon-reload && systemctl start --no-block ${firstBootUnit}
    fi
}
[ -e ${quote(doneMark(boot))} ] || install_first_boot
`
}
