import tseslint from "typescript-eslint";

// Rules that know the types: forgotten promises, values that slip through as `any`, texts made of objects.
export default tseslint.config(
  { ignores: ["src/manifest.ts", "node_modules"] },
  {
    files: ["src/**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
  },
);
