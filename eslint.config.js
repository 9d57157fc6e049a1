import js from '@eslint/js'
import tseslint from 'typescript-eslint'

/** Import boundaries of docs/architecture.md: imports point inward, functions → nouns → plumbing. */
const forbid = (...patterns) => ({
  'no-restricted-imports': ['error', { patterns }],
})
const noLocal = { group: ['**/local/**'], message: 'local/ is for development only and is not deployed' }
const noEdge = { group: ['**/functions/**'], message: 'imports point inward: nothing imports functions/' }
const noAzure = { group: ['@azure/*'], message: 'only shared/azure/ imports an Azure SDK' }
const noDefaultExport = { selector: 'ExportDefaultDeclaration', message: 'no default exports' }
const wholeZod = {
  selector: "ImportDeclaration[source.value='zod'] > ImportSpecifier[imported.name='z']",
  message: "write import * as z from 'zod': the object `z` brings all of zod into the bundle, used or not",
}

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '.local/**', 'test/fixtures/**', 'local/docs-assets/**'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
      globals: { console: 'readonly', process: 'readonly', Buffer: 'readonly' },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      'no-restricted-syntax': ['error', noDefaultExport, wholeZod],
      complexity: ['error', 10],
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
    },
  },
  { files: ['shared/**/*.ts'], ignores: ['shared/azure/**'], rules: forbid(noLocal, noEdge, noAzure) },
  { files: ['shared/azure/**/*.ts'], rules: forbid(noLocal, noEdge) },
  { files: ['functions/**/*.ts'], rules: forbid(noLocal, { ...noAzure, group: ['@azure/*', '!@azure/functions'] }) },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  { files: ['**/*.config.ts', '*.config.js'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
)
