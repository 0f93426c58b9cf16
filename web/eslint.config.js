import tseslint from "typescript-eslint";

// Rules that know the types: forgotten promises, values that slip through as `any`, texts made of objects.
// They read types through TypeScript's programming interface, which version 7 lacks: hence 6 in package.json.
export default tseslint.config(
  { ignores: ["src/manifest.ts", "node_modules"] },
  {
    files: ["src/**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
  },
);
