// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine that KUnit tests run on: see fixture_kunit.h.
 */
#include <linux/mm.h>

#include "control.h"
#include "fixture_kunit.h"

static int no_msr(struct vcpu *vcpu, u32 msr, u64 *value)
{
	return -ENOENT;
}

static int no_msr_to_set(struct vcpu *vcpu, u32 msr, u64 value)
{
	return -ENOENT;
}

static void nothing(struct vcpu *vcpu)
{
}

static void load_nothing(struct vcpu *vcpu, bool keep)
{
}

static void flush_all(struct vcpu *vcpu)
{
	if (vcpu->mmu)
		mmu_flush_all(vcpu->mmu);
}

static const struct vendor_ops ops = {
	.name		= "test",
	.abi_mode	= CORBEL_MODE_PV,
	.reset		= nothing,
	.load_cr3	= load_nothing,
	.flush_all	= flush_all,
	.get_msr	= no_msr,
	.set_msr	= no_msr_to_set,
};

static void give_memory(struct fixture *fixture)
{
	unsigned int i;

	memory_init(&fixture->vm.memory);
	fixture->slot = (struct memslot) {
		.npages = FIXTURE_PAGES,
		.pages = fixture->pages,
	};
	for (i = 0; i < FIXTURE_PAGES; i++)
		fixture->pages[i] =
			virt_to_page(fixture->memory + i * PAGE_SIZE);
	fixture->vm.memory.slots[0] = &fixture->slot;
	fixture->vm.memory.nr_slots = 1;
}

static void give_vcpu(struct fixture *fixture, u32 id)
{
	struct vcpu *vcpu = &fixture->vcpu[id];

	vcpu->vm = &fixture->vm;
	vcpu->id = id;
	vcpu->stats = &fixture->stats[id];
	mutex_init(&vcpu->mutex);
	rcuwait_init(&vcpu->wait);
	vcpu_reset_control(vcpu);
	vcpu_reset_msrs(vcpu);
	lapic_create(vcpu);
	vcpu->requests = 0;
	fixture->vm.vcpus[id] = vcpu;
	fixture->vm.nr_vcpus = id + 1;
}

int fixture_init(struct kunit *test)
{
	struct fixture *fixture;
	u32 i;

	fixture = kunit_kzalloc(test, sizeof(*fixture), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, fixture);
	/* So much from kmalloc() is whole pages. */
	fixture->memory = kunit_kzalloc(test, FIXTURE_PAGES * PAGE_SIZE,
					GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, fixture->memory);
	KUNIT_ASSERT_TRUE(test, PAGE_ALIGNED(fixture->memory));

	fixture->vm.type = CORBEL_VM_PV;
	fixture->vm.ops = &ops;
	mutex_init(&fixture->vm.lock);
	init_rwsem(&fixture->vm.memory_sem);
	fixture->vm.stats.shadow_limit = 1024;
	give_memory(fixture);
	for (i = 0; i < FIXTURE_VCPUS; i++)
		give_vcpu(fixture, i);
	test->priv = fixture;
	return 0;
}

void fixture_exit(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	u32 i;

	for (i = 0; fixture && i < FIXTURE_VCPUS; i++)
		lapic_destroy(&fixture->vcpu[i]);
}
