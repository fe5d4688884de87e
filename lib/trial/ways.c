#include "lib/trial/ways.h"

#include <ctype.h>
#include <string.h>

#define TESTS_SEEN 4000

void gp_view_clear(struct gp_view *v)
{
	gp_list_clear(&v->roots);
	gp_list_clear(&v->tops);
	gp_list_clear(&v->tests);
	gp_list_clear(&v->ci);
}

void gp_view_add(struct gp_view *v, const char *path)
{
	static const struct gp_test_paths usual;
	const char *slash = strchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	if (!slash) {
		gp_list_add(&v->roots, path);
	} else if (v->tops.n == 0 || strlen(v->tops.v[v->tops.n - 1]) != n ||
	           memcmp(v->tops.v[v->tops.n - 1], path, n) != 0) {
		gp_list_addn(&v->tops, path, n);
	}
	if (gp_ways_is_ci(path))
		gp_list_add(&v->ci, path);
	if (v->tests.n < TESTS_SEEN && (gp_is_test_path(&usual, path) ||
	                                gp_ends(path, "/__init__.py") || gp_ends(path, ".csproj")))
		gp_list_add(&v->tests, path);
}

bool gp_view_has(const struct gp_view *v, const char *name)
{
	return gp_list_has(&v->roots, name);
}

void gp_view_read(struct gp_buf *out, const struct gp_view *v, const char *path)
{
	if (v->read(v->ctx, out, path) != 0)
		gp_buf_cut(out, 0);
}

bool gp_view_says(const struct gp_view *v, const char *name, const char *text)
{
	gp_auto(gp_buf) b = {0};

	if (!gp_view_has(v, name))
		return false;
	gp_view_read(&b, v, name);
	for (size_t i = 0; i < b.n; i++)
		b.p[i] = (char)tolower((unsigned char)b.p[i]);
	return gp_find(gp_buf_all(&b), text) != NULL;
}

const char *gp_view_test(const struct gp_view *v, const char *suffix)
{
	for (size_t i = 0; i < v->tests.n; i++)
		if (gp_ends(v->tests.v[i], suffix))
			return v->tests.v[i];
	return NULL;
}

void gp_way(char **field, const char *fmt, ...)
{
	gp_auto(gp_buf) b = {0};
	va_list ap;

	va_start(ap, fmt);
	gp_buf_vfmt(&b, fmt, ap);
	va_end(ap);
	gp_free(*field);
	*field = gp_buf_take(&b);
}

void gp_ways(struct gp_project *p, const char *runner, const char *from, const char *suite,
             const char *only, const char *setup)
{
	gp_way(&p->runner, "%s", runner);
	if (suite) {
		gp_way(&p->suite, "%s", suite);
		gp_way(&p->suite_from, "%s", from);
	}
	if (only) {
		gp_way(&p->only, "%s", only);
		gp_way(&p->only_from, "%s", from);
	}
	if (setup) {
		gp_way(&p->setup, "%s", setup);
		gp_way(&p->setup_from, "%s", from);
	}
}

/* Projects that one file at the top tells all about. A setup step builds as far as it can, so that
 * a run compiles only what has changed; a base that does not build must not fail there, for then
 * no trial could say why. "?" before the sign: some file of the top folder ends so. */
static const struct way {
	const char *sign, *says, *runner, *suite, *only, *setup, *report;
	const char *locks[4];
} table[] = {
	{"go.mod",
         NULL,
         "go",
         "go test -v ./...",
         "go test -v {files}",
         NULL,
         NULL,
         {"go.mod", "go.sum"}},
	{"Cargo.toml",
         NULL,
         "cargo",
         "cargo test --no-fail-fast",
         "cargo test --no-fail-fast {files}",
         "cargo fetch && { cargo test --no-run || true; }",
         NULL,
         {"Cargo.toml", "Cargo.lock"}},
	{"mvnw",
         NULL,
         "maven",
         "MAVEN_USER_HOME=$PWD/.maven-home ./mvnw -B -o -Dmaven.repo.local=.m2 test",
         "MAVEN_USER_HOME=$PWD/.maven-home ./mvnw -B -o -Dmaven.repo.local=.m2 "
         "-DfailIfNoTests=false "
         "-Dsurefire.failIfNoSpecifiedTests=false test -Dtest={files}",
         "MAVEN_USER_HOME=$PWD/.maven-home ./mvnw -B -q -Dmaven.repo.local=.m2 "
         "dependency:go-offline && "
         "{ MAVEN_USER_HOME=$PWD/.maven-home ./mvnw -B -q -Dmaven.repo.local=.m2 -DskipTests "
         "package || true; }",
         "junit:**/target/surefire-reports/TEST-*.xml",
         {"pom.xml"}},
	{"pom.xml",
         NULL,
         "maven",
         "mvn -B -o -Dmaven.repo.local=.m2 test",
         "mvn -B -o -Dmaven.repo.local=.m2 -DfailIfNoTests=false "
         "-Dsurefire.failIfNoSpecifiedTests=false test -Dtest={files}",
         "mvn -B -q -Dmaven.repo.local=.m2 dependency:go-offline && "
         "{ mvn -B -q -Dmaven.repo.local=.m2 -DskipTests package || true; }",
         "junit:**/target/surefire-reports/TEST-*.xml",
         {"pom.xml"}},
	{"gradlew",
         NULL,
         "gradle",
         "GRADLE_USER_HOME=$PWD/.gradle-home ./gradlew --offline test",
         "GRADLE_USER_HOME=$PWD/.gradle-home ./gradlew --offline test {files}",
         "GRADLE_USER_HOME=$PWD/.gradle-home ./gradlew --no-daemon testClasses",
         "junit:**/build/test-results/test/*.xml",
         {"build.gradle", "build.gradle.kts", "gradle.lockfile"}},
	{"?build.gradle",
         NULL,
         "gradle",
         "GRADLE_USER_HOME=$PWD/.gradle-home gradle --offline test",
         "GRADLE_USER_HOME=$PWD/.gradle-home gradle --offline test {files}",
         "GRADLE_USER_HOME=$PWD/.gradle-home gradle --no-daemon testClasses",
         "junit:**/build/test-results/test/*.xml",
         {"build.gradle", "gradle.lockfile"}},
	{"?build.gradle.kts",
         NULL,
         "gradle",
         "GRADLE_USER_HOME=$PWD/.gradle-home gradle --offline test",
         "GRADLE_USER_HOME=$PWD/.gradle-home gradle --offline test {files}",
         "GRADLE_USER_HOME=$PWD/.gradle-home gradle --no-daemon testClasses",
         "junit:**/build/test-results/test/*.xml",
         {"build.gradle.kts", "gradle.lockfile"}},
	{"mix.exs",
         NULL,
         "mix",
         "mix test",
         "mix test {files}",
         "mix deps.get && { MIX_ENV=test mix compile || true; }",
         NULL,
         {"mix.exs", "mix.lock"}},
	{"?.sln",
         NULL,
         "dotnet",
         "dotnet test --nologo",
         "dotnet test --nologo --filter {files}",
         "dotnet restore",
         NULL,
         {NULL}},
	{"?.csproj",
         NULL,
         "dotnet",
         "dotnet test --nologo",
         "dotnet test --nologo --filter {files}",
         "dotnet restore",
         NULL,
         {NULL}},
	{"?phpunit.xml",
         NULL,
         "phpunit",
         "vendor/bin/phpunit --log-junit .phpunit.junit.xml",
         "vendor/bin/phpunit --log-junit .phpunit.junit.xml {files}",
         "composer install --no-interaction --no-progress",
         "junit:.phpunit.junit.xml",
         {"composer.json", "composer.lock"}},
	{"phpunit.xml.dist",
         NULL,
         "phpunit",
         "vendor/bin/phpunit --log-junit .phpunit.junit.xml",
         "vendor/bin/phpunit --log-junit .phpunit.junit.xml {files}",
         "composer install --no-interaction --no-progress",
         "junit:.phpunit.junit.xml",
         {"composer.json", "composer.lock"}},
	{"meson.build",
         NULL,
         "meson",
         "meson test -C build --print-errorlogs",
         NULL,
         "meson setup build && { meson compile -C build || true; }",
         NULL,
         {"meson.build"}},
	{"CMakeLists.txt",
         "enable_testing",
         "ctest",
         "cmake -S . -B build && cmake --build build && "
         "ctest --test-dir build --output-on-failure --no-tests=error",
         NULL,
         "cmake -S . -B build && { cmake --build build || true; }",
         NULL,
         {"CMakeLists.txt"}},
	{"CMakeLists.txt",
         "include(ctest)",
         "ctest",
         "cmake -S . -B build && cmake --build build && "
         "ctest --test-dir build --output-on-failure --no-tests=error",
         NULL,
         "cmake -S . -B build && { cmake --build build || true; }",
         NULL,
         {"CMakeLists.txt"}},
	{"CMakeLists.txt",
         "add_test",
         "ctest",
         "cmake -S . -B build && cmake --build build && "
         "ctest --test-dir build --output-on-failure --no-tests=error",
         NULL,
         "cmake -S . -B build && { cmake --build build || true; }",
         NULL,
         {"CMakeLists.txt"}},
};

/* The file of the top folder that the sign stands for, or NULL. */
static const char *sign_of(const struct way *w, const struct gp_view *v)
{
	if (w->sign[0] != '?')
		return gp_view_has(v, w->sign) ? w->sign : NULL;
	for (size_t i = 0; i < v->roots.n; i++)
		if (gp_ends(v->roots.v[i], w->sign + 1))
			return v->roots.v[i];
	return NULL;
}

static void lock(struct gp_project *p, const struct gp_view *v, const char *name)
{
	if (gp_view_has(v, name) && !gp_list_has(&p->locks, name))
		gp_list_add(&p->locks, name);
}

static bool by_table(struct gp_project *p, const struct gp_view *v)
{
	for (size_t i = 0; i < GP_COUNT(table); i++) {
		const struct way *w = &table[i];
		const char *file = sign_of(w, v);

		if (!file || (w->says && !gp_view_says(v, w->sign, w->says)))
			continue;
		gp_ways(p, w->runner, file, w->suite, w->only, w->setup);
		if (w->report)
			gp_way(&p->report, "%s", w->report);
		for (size_t k = 0; k < GP_COUNT(w->locks) && w->locks[k]; k++)
			lock(p, v, w->locks[k]);
		if (strcmp(w->runner, "dotnet") == 0)
			lock(p, v, file);
		return true;
	}
	return false;
}

/* Modules that are vendored or not wanted need no download; the others go where runs can see them.
 */
static bool go(struct gp_project *p, const struct gp_view *v)
{
	if (!gp_view_has(v, "go.mod") || !by_table(p, v))
		return false;
	if (!gp_view_says(v, "go.mod", "require") || gp_list_has(&v->tops, "vendor"))
		return true;
	gp_way(&p->suite, "GOMODCACHE=$PWD/.gomodcache go test -v ./...");
	gp_way(&p->only, "GOMODCACHE=$PWD/.gomodcache go test -v {files}");
	gp_way(&p->setup, "GOMODCACHE=$PWD/.gomodcache go mod download -modcacherw");
	gp_way(&p->setup_from, "go.mod");
	return true;
}

/* The form that names every example. */
#define DOCUMENTED " --format documentation"

static bool rspec(struct gp_project *p, const struct gp_view *v)
{
	bool bundle = gp_view_has(v, "Gemfile");
	const char *spec = gp_list_has(&v->tops, "spec") ? gp_view_test(v, "_spec.rb") : NULL;
	const char *from = spec;

	if (gp_view_has(v, ".rspec"))
		from = ".rspec";
	else if (gp_view_says(v, "Gemfile", "rspec") && gp_list_has(&v->tops, "spec"))
		from = "Gemfile";
	if (!from)
		return false;
	gp_ways(p, "rspec", from, bundle ? "bundle exec rspec" DOCUMENTED : "rspec" DOCUMENTED,
	        bundle ? "bundle exec rspec" DOCUMENTED " {files}" : "rspec" DOCUMENTED " {files}",
	        NULL);
	if (bundle) {
		gp_way(&p->setup, "bundle config set --local path vendor/bundle && bundle install");
		gp_way(&p->setup_from, "Gemfile");
	}
	lock(p, v, "Gemfile");
	lock(p, v, "Gemfile.lock");
	return true;
}

static bool (*const ways[])(struct gp_project *, const struct gp_view *) = {
	gp_ways_node, go,           gp_ways_python,       rspec,
	by_table,     gp_ways_make, gp_ways_python_files, gp_ways_scripts};

/* The first way from the i-th on that the project has; how many there are when it has none. */
static size_t next_way(struct gp_project *p, const struct gp_view *v, size_t i)
{
	gp_way(&p->report, "auto");
	while (i < GP_COUNT(ways) && !ways[i](p, v))
		i++;
	return i;
}

/* Where several ways fit, and the project's CI calls only a later one, that is it. */
static void heed_ci(struct gp_project *p, const struct gp_view *v, size_t i)
{
	gp_auto(gp_buf) ci = {0};

	gp_ways_ci(&ci, v);
	if (!ci.n || gp_ways_ci_calls(gp_buf_all(&ci), p))
		return;
	while (i < GP_COUNT(ways)) {
		gp_auto(gp_project) other = {0};
		struct gp_project first = *p;

		i = next_way(&other, v, i + 1);
		if (i == GP_COUNT(ways) || !gp_ways_ci_calls(gp_buf_all(&ci), &other))
			continue;
		*p = other;
		other = first;
		gp_way(&p->suite_from, "%s, as CI calls it", p->suite_from);
		return;
	}
}

int gp_ways_find(struct gp_project *out, const struct gp_view *v)
{
	size_t i = next_way(out, v, 0);

	if (i < GP_COUNT(ways)) {
		heed_ci(out, v, i);
		return 0;
	}
	gp_fail(GP_NOTFOUND,
	        "cannot find how this project runs its tests: looked in its top folder "
	        "for package.json with a test script, go.mod, pytest or unittest "
	        "files, .rspec or spec/*_spec.rb, Cargo.toml, pom.xml, build.gradle, mix.exs, "
	        "*.sln, "
	        "phpunit.xml, meson.build, CMakeLists.txt with tests, a Makefile with "
	        "check or test, t/*.t and *.bats");
	gp_hint("set `command` in the [test] section of .codexflow.ini, or add a first test");
	return GP_NOTFOUND;
}
