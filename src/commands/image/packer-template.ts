/**
 * A Packer template (HCL2) that runs a script beside it as root: on machines of a source such as `digitalocean.node`, which
 * another file in its folder defines, or on one that is reached by ssh and of which somebody makes an image then.
 */
export function packerTemplate(script: string, source: string | undefined): string {
  return `${source === undefined ? machine : ''}build {
  sources = ["source.${source ?? 'null.machine'}"]

  provisioner "shell" {
    script          = "\${path.root}/${script}"
    execute_command = "if [ $(id -u) = 0 ]; then sh {{ .Path }}; else sudo -n sh {{ .Path }}; fi"
  }
}
`
}

const machine = `variable "host" {
  type = string
}

variable "user" {
  type    = string
  default = "root"
}

variable "private_key_file" {
  type = string
}

source "null" "machine" {
  ssh_host             = var.host
  ssh_username         = var.user
  ssh_private_key_file = var.private_key_file
}

`
