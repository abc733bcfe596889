import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseSpec } from '../../../src/load/yaml/parse.ts'

const start = '(start with "cluster: <name>" and "hosts:"; `converge init` writes a working example)'

/** A text, and what is said of it: place, message and hint. */
const table: readonly (readonly [text: string, said: readonly string[]])[] = [
  [
    ' a: 1\nb:\n  - c: 1\n  - d: |\n      x\n',
    ['1:1+1 a is indented by 1 blank, and b is not (remove the blank before a)'],
  ],
  ['  a: 1\nb: 2\n', ['1:1+1 a is indented by 2 blanks, and b is not (remove the blanks before a)']],
  ['a: { b: c }}\nd: 1\n', ['1:12+1 this } closes nothing (remove it, or add the { that it closes)']],
  ['a: [b]]\nd: 1\n', ['1:7+1 this ] closes nothing (remove it, or add the [ that it closes)']],
  ['a:\n  b: c }\nd: 1\n', []],
  [
    'a: { b: ${X} }\nc: 1\n',
    [
      '1:9+4 ${X} is not expanded, and YAML reads its { as a map (environment variables are not read: write the value, or use an attribute and --set)',
    ],
  ],
  [
    'a: [ ${X}, b ]\nc: 1\n',
    [
      '1:6+4 ${X} is not expanded, and YAML reads its { as a map (environment variables are not read: write the value, or use an attribute and --set)',
    ],
  ],
  [
    'a: {{ x }}.example.com\nb: 1\n',
    ['1:4+19 YAML reads {{ x }} as a map (put the whole value in quotes: "{{ x }}.example.com")'],
  ],
  [
    'a: {{ x }} {{ y }}\nb: 1\n',
    ['1:4+15 YAML reads {{ x }} as a map (put the whole value in quotes: "{{ x }} {{ y }}")'],
  ],
  [
    'a: { b: {{ x }}.y }\nc: 1\n',
    ['1:9+9 YAML reads {{ x }} as a map (put the whole value in quotes: "{{ x }}.y")'],
  ],
  ['a: { b: {{ x }} }\nc: 1\n', ['1:9+7 YAML reads {{ x }} as a map (put it in quotes: "{{ x }}")']],
  [
    'a:\n  - {{ x }}/y\nb: 1\n',
    ['2:5+9 YAML reads {{ x }} as a map (put the whole value in quotes: "{{ x }}/y")'],
  ],
  [
    'a: 1\n<<<<<<< HEAD\nb: { c: 1 }\n=======\nb: { c: 2 }\n>>>>>>> f\nh: 1\n',
    [
      '2:1+12 this is a mark of an unresolved merge conflict (keep one side, and remove the lines of the marks)',
    ],
  ],
  [
    'a:\n  x: 1\n<<<<<<< HEAD\n  b: { c: 1 }\n=======\n  b: { c: 2 }\n>>>>>>> f\nh: 1\n',
    [
      '3:1+12 this is a mark of an unresolved merge conflict (keep one side, and remove the lines of the marks)',
    ],
  ],
  ['cluster => t\n', [`1:1+12 this is Puppet or Ruby, not a spec ${start}`]],
  ['# a\nnode web1 {\n  x\n}\n', [`2:1+11 this is Puppet or Ruby, not a spec ${start}`]],
  ["package 'a' do\n  x\nend\n", [`1:1+14 this is Ruby, such as a recipe of Chef, not a spec ${start}`]],
  ['web0 ansible_host=a\n', [`1:1+19 this is an Ansible inventory, not a spec ${start}`]],
  ['class a::b (\n) {\n}\n', [`1:1+12 this is Puppet or Ruby, not a spec ${start}`]],
  ['terraform {\n}\n', [`1:1+11 this is Terraform, not a spec ${start}`]],
  ['[a]\nb = "c"\n', [`1:1+3 this is TOML or an INI file, not a spec ${start}`]],
  ['a = "c"\n', [`1:1+7 this is TOML or an INI file, not a spec ${start}`]],
  ['[Unit]\nAfter=b\n', [`1:1+6 this is a systemd unit file, not a spec ${start}`]],
  ['#!/bin/sh\nset -e\n', [`1:1+9 this is a script, not a spec ${start}`]],
  ['\n<?xml version="1.0"?>\n<a/>\n', [`2:1+21 this is XML or HTML, not a spec ${start}`]],
  ["import { a } from 'b'\n", [`1:1+21 this is JavaScript or TypeScript, not a spec ${start}`]],
  ['- hosts: all\n', [`1:1+12 this is an Ansible playbook, not a spec ${start}`]],
  ['a = "c"\nb:\n  c: 1\n', ['1:1+7 a colon is missing after a (write a: "c")']],
  [
    'a: 1\n\0\0\n',
    [
      '2:1+2 NUL characters are not text (the file may be damaged, as after a power cut: restore it, or remove them)',
    ],
  ],
  ['// a\nb: 1\n', ['1:1+4 // does not begin a comment (begin it with #)']],
  ['a: 1\n; b\nc: 1\n', ['2:1+3 ; does not begin a comment (begin it with #)']],
  ['{\n  /* a */ "b": 1\n}\n', ['2:3+11 /* does not begin a comment (begin it with #)']],
  ['{\n  "b": 1 // a: b\n}\n', ['2:10+7 // does not begin a comment (begin it with #)']],
  ['{ "b": "a // b", c: http://d }\n', []],
  ['a:\n  b: |\n    // c\n  d: |\n', []],
  [
    'a:\n  content:\n    b = 1\n    c = 2\n    d: e\n',
    [
      '2:3+8 the text of content: has several lines, and no | before them (write content: | and the text, indented, in the lines below)',
    ],
  ],
  [
    'a:\n  b: |\nc:\n  d: 1\n',
    ['3:1+2 the text of b: must be indented further than its key (indent it by 4 blanks)'],
  ],
  ['a:\n  b: |\nhosts:\n  d: 1\n', []],
  ['a:\n\tb: 1\n  c: 2\n', ['2:1+1 tabs cannot indent YAML (indent with spaces)']],
  ['a:\n  - b:\n\t\t  c: /a\n      d: x\n', ['3:1+1 tabs cannot indent YAML (indent with spaces)']],
  ['a:\n  b: 1\n\tc: 2\n', ['3:1+1 tabs cannot indent YAML (indent with spaces)']],
  ['a:\n  b:\n  \tc: 2\n', ['3:3+1 tabs cannot indent YAML (indent with spaces)']],
  [
    'h:\n  r:\n    - file:\n        content: |\n  text\n    - x: 1\n',
    ['5:3+4 the text of content: must be indented further than its key (indent it by 10 blanks)'],
  ],
  [
    'h:\n  content: |\ntext here\nb: 1\n',
    ['3:1+9 the text of content: must be indented further than its key (indent it by 4 blanks)'],
  ],
  [
    'h:\n  content: | text\n    more\nb: 1\n',
    [
      '2:14+4 text cannot follow | in its line (put it in the lines below, indented further than the key, or put the value in quotes)',
    ],
  ],
  [
    'h:\n  a: |\n      first\n    second\n  b: 1\n',
    ['4:5+6 the text of a: is indented less here than in its first line (indent it by 6 blanks)'],
  ],
  [
    'h:\n  a: |\n      first\n   second: x\n  b: 1\n',
    ['4:4+9 the text of a: is indented less here than in its first line (indent it by 6 blanks)'],
  ],
  [
    'h:\n  address:1.2.3.4\n  r: [ a ]\n',
    ['2:3+15 a blank is missing after address: (write address: 1.2.3.4)'],
  ],
  [
    'h:\n  r: [ a ]\n  address:1.2.3.4\n',
    ['3:3+15 a blank is missing after address: (write address: 1.2.3.4)'],
  ],
  ['h:\n  address:1.2.3.4\nb: 1\n', []],
  ['cluster:test\nhosts: {}\n', ['1:1+12 a blank is missing after cluster: (write cluster: test)']],
  ['h:\n  a: 1\nx:y\n', ['3:1+3 a blank is missing after x: (write x: y)']],
  ['h: { a:1, b: 2 }\n', ['1:6+3 a blank is missing after a: in a:1 (write a: 1)']],
  ['hosts\n  a: 1\n', ['1:1+5 a colon is missing after hosts (write hosts:)']],
  ['h:\n  resources\n    - a: 1\n  b: 2\n', ['2:3+9 a colon is missing after resources (write resources:)']],
  ['h:\n  address 1.2.3.4\n  b: 2\n', ['2:3+15 a colon is missing after address (write address: 1.2.3.4)']],
  [
    'h:\n  a: Note: this\n  b: 1\n',
    ['2:6+10 text with a colon and a blank needs quotes (put text in quotes: "Note: this")'],
  ],
  [
    'h:\n  - a: b: c\n  - x\n',
    [
      '2:8+4 text with a colon and a blank needs quotes (put text in quotes: "b: c"; write a map as { b: c })',
    ],
  ],
  [
    'h: { a: b: c, d: 1 }\n',
    ['1:9+4 text with a colon and a blank needs quotes (put the text in quotes: "b: c")'],
  ],
  [
    'h:\n  a: foo:\n  b: 1\n',
    ['2:6+4 text with a colon and a blank needs quotes (put text in quotes: "foo:")'],
  ],
  [
    'h:\n  a: http://x: y\n',
    ['2:6+11 text with a colon and a blank needs quotes (put text in quotes: "http://x: y")'],
  ],
  [
    'u:\n  name: a\n    enabled: true\nb: 1\n',
    ['3:5+7 enabled is indented further than name above it, which has a value (indent it by 2 blanks)'],
  ],
  [
    'u:\n  name:\n    a: 1\n      enabled: true\nb: 1\n',
    ['4:7+7 enabled is indented further than a above it, which has a value (indent it by 4 blanks)'],
  ],
  [
    'u:\n  - a: 1\n      b: 2\n',
    ['3:7+1 b is indented further than a above it, which has a value (indent it by 4 blanks)'],
  ],
  ['u:\n  - a\n    - b\n', []],
  ['u:\n  a: "x"\n    b: 2\n', ['3:5+1 b is indented by 4 blanks, and a above it by 2 (indent both alike)']],
  ['u:\n  a: [x]\n    b: 2\n', ['3:5+1 b is indented by 4 blanks, and a above it by 2 (indent both alike)']],
  [
    'u:\n  a: { x: 1 }\n    b: 2\n',
    ['3:5+1 b is indented by 4 blanks, and a above it by 2 (indent both alike)'],
  ],
  [
    'u:\n    a: 1\n   b: 2\nc: 1\n',
    ['3:4+1 b is indented by 3 blanks, and a above it by 4 (indent both alike)'],
  ],
  ['u:\n  - a: 1\n   b: 2\n', ['3:4+1 b is indented by 3 blanks, and a above it by 4 (indent both alike)']],
  [
    'u:\n    - a: 1\n   - b: 2\n',
    ['3:4+6 this item is indented by 3 blanks, and a above it by 4 (indent both alike)'],
  ],
  [
    'u:\n  a: 1\n  - b\n',
    ['3:3+3 this item of a list is among the keys of a map (indent it below the key that it belongs to)'],
  ],
  [
    'u:\n  - b\n  a: 1\n',
    ['3:3+1 a is among the items of a list (indent it below the item above, or begin it with a dash)'],
  ],
  ['u:\n  -b: 1\n  -c: 2\n', []],
  ['u:\n  - b: 1\n  -c: 2\n', ['3:3+5 a blank is missing after the dash (write - c: 2)']],
  ['a: "b\nc: 1\nd: 2\n', ['1:4+2 this " is never closed (add the closing ")']],
  ["a: 'b\nc: 1\nd: 2\n", ["1:4+2 this ' is never closed (add the closing ')"]],
  ["h:\n  a: 'it's fine'\n  b: 1\n", ["2:10+7 text follows the closing ' (double a ' within '...': '')"]],
  [
    'h:\n  a: "say "hi" now"\n  b: 1\n',
    ['2:12+8 text follows the closing " (put a backslash before each " within "...", or use \'...\')'],
  ],
  ['h: { a: "b }\nc: 1\n', ['1:9+4 this " is never closed (add the closing ")']],
  [
    'a: "\\d"\nb: 1\n',
    [
      '1:5+2 \\d is not an escape sequence in "..." (use \'...\', where a backslash is only a backslash, or double it: \\\\d)',
    ],
  ],
  [
    'a: "C:\\dir"\nb: "\\."\n',
    [
      '1:7+2 \\d is not an escape sequence in "..." (use \'...\', where a backslash is only a backslash, or double it: \\\\d)',
      '2:5+2 \\. is not an escape sequence in "..." (use \'...\', where a backslash is only a backslash, or double it: \\\\.)',
    ],
  ],
  ['a: @b\nc: 1\n', ['1:4+2 text cannot begin with @ without quotes (put it in quotes: "@b")']],
  ['a: `b`\nc: 1\n', ['1:4+3 text cannot begin with ` without quotes (put it in quotes: "`b`")']],
  ['a: %h/x\nc: 1\n', ['1:4+4 text cannot begin with % without quotes (put it in quotes: "%h/x")']],
  ['a: { b: 1\nc: 2\n', ['1:4+6 this { is never closed (add the closing })']],
  ['a: [1, 2\nc: 2\n', ['1:4+5 this [ is never closed (add the closing ])']],
  ['a: { b: 1 ]\nc: 2\n', ['1:11+1 this ] closes a { (write })']],
  ['a: [ b: 1 }\nc: 2\n', ['1:11+1 this } closes a [ (write ])']],
  ['a: { b: 1 c: 2 }\nd: 1\n', ['1:11+1 a comma is missing before c (separate the keys of { } with commas)']],
  [
    'a:\n  - { b: "1" c: 2 }\nd: 1\n',
    ['2:14+1 a comma is missing before c (separate the keys of { } with commas)'],
  ],
  ['a: ["x" "y"]\nd: 1\n', ['1:9+1 a comma is missing before this (separate the elements with commas)']],
  [
    'a: 1\n{% if x %}\nb: 2\n{% endif %}\n',
    [
      '2:1+10 {% if x %} belongs to a template language; a spec is plain YAML (use environments and roles for what differs, and expressions such as "{{host.name}}" for values)',
    ],
  ],
  [
    '<% if x %>\na: 1\n<% end %>\n',
    [
      '1:1+10 <% if x %> belongs to a template language; a spec is plain YAML (use environments and roles for what differs, and expressions such as "{{host.name}}" for values)',
    ],
  ],
  ['a: <%= x %>\n', []],
  ['u:\n  a: 1\n  b: 2\n', ['3:2+1 this is a no-break space U+00A0, not a space (replace it with a space)']],
  ['u:\n  a: 1\n  b: 2\n', ['2:5+1 this is a no-break space U+00A0, not a space (replace it with a space)']],
  ['u:\n  b: 2\n  a: 1\n', ['3:5+1 this is a no-break space U+00A0, not a space (replace it with a space)']],
  ['u:\n  a​: 1\n', []],
  ['u:\n  - a\n  - b\n', []],
  [
    'a: 1\rb: 2\rc: 3\r',
    ['1:5+1 lines end with a carriage return only (save the file with Unix line ends (LF))'],
  ],
  [
    'a: *.conf\nb: 1\n',
    ['1:4+6 there is no anchor &.conf before this (if text is meant, put it in quotes: "*.conf")'],
  ],
  [
    'a: &x\nb: 1\n',
    ['1:4+2 &x is read as an anchor, which has no value here (if text is meant, put it in quotes: "&x")'],
  ],
  ['a: & b\nc: 1\n', ['1:4+3 text cannot begin with & without quotes (put it in quotes: "& b")']],
  [
    'a: !include x.yaml\nb: 1\n',
    [
      '1:4+8 the tag !include is not supported (the tags are !literal, for text, and !secret, for the key of a secret)',
    ],
  ],
  [
    'a: !vault |\n  abc\nb: 1\n',
    [
      '1:4+6 the tag !vault is not supported (the tags are !literal, for text, and !secret, for the key of a secret)',
    ],
  ],
  [
    'a: !!binary |\n  AAEC\nb: 1\n',
    ['1:4+8 the tag !!binary is not supported (use contentBase64 of a file, or remove the tag)'],
  ],
  [
    'a: !!binary "x"\n',
    ['1:4+8 the tag !!binary is not supported (use contentBase64 of a file, or remove the tag)'],
  ],
  ['a: !!str 1.20\n', []],
  ['a: !!int "3"\n', []],
  [
    'a: !!python/object:x.y {}\n',
    [
      '1:4+19 the tag !!python/object:x.y is not supported (the tags are !literal, for text, and !secret, for the key of a secret)',
    ],
  ],
  [
    'a: 1\n---\nb: 2\n',
    ['2:1+3 a second YAML document begins here (a file has one document: remove the "---")'],
  ],
  ['{a: 1}: b\n', ['1:1+6 a key must be text']],
  ['a: b#c\nd: x #y\n', []],
  [
    'a: |x\n  y\n',
    [
      '1:5+1 text cannot follow | in its line (put it in the lines below, indented further than the key, or put the value in quotes)',
    ],
  ],
  [
    'a: > b\n',
    [
      '1:6+1 text cannot follow > in its line (put it in the lines below, indented further than the key, or put the value in quotes)',
    ],
  ],
  [
    'a: >b\n',
    [
      '1:5+1 text cannot follow > in its line (put it in the lines below, indented further than the key, or put the value in quotes)',
    ],
  ],
  ['a: 1; b: 2\n', ['1:4+7 text with a colon and a blank needs quotes (put text in quotes: "1; b: 2")']],
  ['a: 1,\nb: 2,\n', []],
  ['{\n  "a": 1,\n  "b": 2,\n}\n', []],
  [
    '{\n  "a": 1\n  "b": 2\n}\n',
    ['3:3+3 a comma is missing before "b" (separate the keys of { } with commas)'],
  ],
  ['a: “b: c”\n', ['1:4+1 this is a typographic quote U+201C, which quotes nothing (write " or \')']],
  ['“a”: 1\n', []],
  [
    'a: "b"c\nd: 1\n',
    ['1:7+1 text follows the closing " (put a backslash before each " within "...", or use \'...\')'],
  ],
  [
    'a: "b" c\nd: 1\n',
    ['1:8+1 text follows the closing " (put a backslash before each " within "...", or use \'...\')'],
  ],
  ['"a": "b": 1\n', ['1:6+6 text with a colon and a blank needs quotes (put text in quotes: \'"b": 1\')']],
  [
    'a: "C:\\Users\\x"\n',
    [
      '1:7+2 \\U is not an escape sequence in "..." (use \'...\', where a backslash is only a backslash, or double it: \\\\U)',
    ],
  ],
  ['a: b\n  - c\n', []],
  [
    'a: - b\nc: 1\n',
    ['1:4+3 a list cannot begin in the line of its key (put each item in a line of its own, or write [b])'],
  ],
  [
    'ssh: user: core\nc: 1\n',
    [
      '1:6+10 text with a colon and a blank needs quotes (put text in quotes: "user: core"; write a map as { user: core })',
    ],
  ],
  ['a: 1\n﻿b: 2\n', []],
  ['a\nb: 1\n', ['1:1+1 a colon is missing after a (write a:)']],
  ['a: 1\n# x\n  b: 2\n', ['3:3+1 b is indented by 2 blanks, and a above it by 0 (indent both alike)']],
  ['%FOO\n---\na: 1\n', ['1:1+4 text cannot begin with % without quotes (put it in quotes: "%FOO")']],
  ['%YAML 1.1\n---\na: 1\n', []],
]

for (const [text, expected] of table) {
  test(`what is said of ${JSON.stringify(text)}`, () => {
    const said = parseSpec({ file: 'cluster.yaml', text }).problems.map(({ position, message, hint }) => {
      const place = `${position?.line}:${position?.column}+${position?.length}`
      return `${place} ${message}${hint === undefined ? '' : ` (${hint})`}`
    })
    assert.equal(said, expected)
  })
}

test.run()
